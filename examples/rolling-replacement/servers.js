import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const host = "127.0.0.1";

/** Apache's own script: that of ZOOKEEPER_HOME, or of Debian's package. */
export const zkServer = [`${process.env.ZOOKEEPER_HOME}/bin`, "/usr/share/zookeeper/bin"]
  .map((folder) => join(folder, "zkServer.sh"))
  .find((file) => existsSync(file));

/** How each kind is started from one and the same zoo.cfg; ours is in the PATH of npm's scripts. */
const commands = {
  ours: (file) => ["zookeeper-memory-server", ["--config", file]],
  apache: (file) => ["bash", [zkServer, "start-foreground", file]],
};

/** Writes a zoo.cfg and a data directory for each of three servers. */
export function makeServers(dir, firstPort) {
  const sids = [1, 2, 3];
  const members = sids.map((sid) => {
    const [quorum, election] = [firstPort + 10 + sid, firstPort + 20 + sid];
    return `server.${sid}=${host}:${quorum}:${election}`;
  });
  return sids.map((sid) => {
    const clientPort = firstPort + sid;
    const dataDir = join(dir, `data-${sid}`);
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "myid"), `${sid}\n`);
    const file = join(dir, `zoo-${sid}.cfg`);
    const lines = [
      `dataDir=${dataDir}`,
      `clientPort=${clientPort}`,
      "tickTime=500",
      "initLimit=20",
      "syncLimit=10",
      "admin.enableServer=false",
      ...members,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    return new Server(sid, file, clientPort);
  });
}

class Server {
  kind = undefined;
  #file;
  #port;
  #process;

  constructor(sid, file, port) {
    this.sid = sid;
    this.address = `${host}:${port}`;
    this.#file = file;
    this.#port = port;
  }

  start(kind) {
    this.kind = kind;
    const [command, args] = commands[kind](this.#file);
    this.#process = spawn(command, args, { stdio: "ignore" });
  }

  async stop() {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }

  /** Resolves with "leader" or "follower" once the server serves. */
  async serving() {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const mode = await this.#mode();
      if (this.#process.exitCode !== null) throw new Error(`server ${this.sid} has ended`);
      if (mode !== undefined) return mode;
      if (Date.now() > deadline) throw new Error(`server ${this.sid} does not serve`);
      await sleep(50);
    }
  }

  async #mode() {
    const socket = connect({ host, port: this.#port });
    try {
      socket.write("srvr");
      return /^Mode: (\w+)/m.exec(await text(socket))?.[1];
    } catch {
      return undefined; // nobody listens yet
    }
  }
}
