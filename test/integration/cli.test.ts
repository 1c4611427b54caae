import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { Program } from "./program.ts";
import { tempFolder } from "./temp-folder.ts";

const clean = { code: 0, signal: null };
const zookeeper = (...args: string[]): Program => new Program(["src/cli/main.ts", ...args]);

describe("npm start", () => {
  test("tells its story line by line, and Ctrl-C ends it with 0", async () => {
    await using demo = new Program(["src/cli/demo.ts"]);
    await demo.line(/Ctrl-C/);
    demo.signal("SIGINT");

    expect(await demo.ended).toEqual(clean);
    expect(demo.stderr).toEqual([]);
    const steps = demo.stdout
      .filter((line) => line.startsWith("✓"))
      .map((line) => line.replace(/\s+\d+ ms.*/, ""));
    expect(steps).toEqual([
      "✓ three peers boot and elect a leader",
      "✓ a client from npm connects",
      "✓ it writes",
      "✓ the leader is killed, another takes over",
      "✓ the client writes again",
      "✓ it reads both back",
      "✓ a second client connects",
      "✓ it takes a lock",
      "✓ the first client watches the lock",
      "✓ the owner's session expires",
      "✓ the lock is gone, and the watch tells",
      "✓ the dead peer starts again and catches up",
      "✓ the client closes its session",
    ]);
  });

  test("what it prints is true: both writes are there, of two epochs, and no escape is in the text", async () => {
    await using demo = new Program(["src/cli/demo.ts"]);
    await demo.line(/Ctrl-C/);
    demo.signal("SIGTERM");
    await demo.ended;

    const output = demo.stdout.join("\n");
    expect(output).toMatch(/connect with 127\.0\.0\.1:\d+,127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\n/);
    const [, first = "", second = ""] =
      /"red" of zxid 0x(\w+), "blue" of zxid 0x(\w+)/.exec(output) ?? [];
    expect([epochOf(first), epochOf(second)]).toEqual([1, 2]);
    expect(output).not.toContain("\u001b");
  });

  test("a signal in the middle of the story ends it with 0 as well", async () => {
    await using demo = new Program(["src/cli/demo.ts"]);
    await demo.line(/connect with/);
    demo.signal("SIGINT");

    expect(await demo.ended).toEqual(clean);
    expect(demo.stderr).toEqual([]);
  });
});

const epochOf = (zxid: string): number => Number(BigInt(`0x${zxid}`) >> 32n);

describe("zookeeper-memory-server", () => {
  test("prints the connect string first, serves, and ends with 0 when told to", async () => {
    await using program = zookeeper();
    const [first = ""] = (await program.line(/./)).split(",");
    expect(await fourLetterWord(Number(first.split(":")[1]), "ruok")).toBe("imok");

    program.signal("SIGTERM");
    expect(await program.ended).toEqual(clean);
    expect(program.stdout).toHaveLength(1);
  });

  test("--json tells of peers, seed and pid in one line", async () => {
    await using program = new Program(["src/cli/main.ts", "start", "--peers", "1", "--json"], {
      ZKMS_SEED: "5eed",
    });
    const { ready, connectString, peers, seed, pid } = JSON.parse(await program.line(/./));
    expect({ ready, peers, seed, pid: typeof pid }).toEqual({
      ready: true,
      peers: [{ id: 1, address: connectString, role: "standalone" }],
      seed: "5eed",
      pid: "number",
    });
  });

  test("a port that is taken is an error that names it", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await using program = zookeeper("--peers", "1", "--port", String(port));

    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr.join("\n")).toContain("ZKMS_PORT_IN_USE");
    expect(program.stderr.join("\n")).toContain(String(port));
    holder.close();
  });

  test("a command line that is wrong ends with 2 and how to go on", async () => {
    await using program = zookeeper("--pears", "3");
    expect(await program.ended).toEqual({ code: 2, signal: null });
    expect(program.stderr).toEqual(["unknown option '--pears'", "  try     --peers"]);
    expect(program.stdout).toEqual([]);
  });

  test("--exit-with-parent: ends with 0 when its standard input is closed", async () => {
    await using program = zookeeper("--peers", "1", "--exit-with-parent");
    await program.line(/:/);
    program.endInput();
    expect(await program.ended).toEqual(clean);
  });

  test("--exit-with-parent: ends with 0 when told to, though its standard input stays open", async () => {
    await using program = zookeeper("--peers", "1", "--exit-with-parent");
    await program.line(/:/);
    program.signal("SIGTERM");
    expect(await program.ended).toEqual(clean);
  });

  test("--help: whoever reads no further is no error", async () => {
    const pipe = "set -o pipefail; node --import tsx src/cli/main.ts --help | true";
    await using program = new Program([pipe], {}, ["bash", "-c"]);
    expect(await program.ended).toEqual(clean);
    expect(program.stderr).toEqual([]);
  });

  test("--exit-with-parent: ends when the parent is killed, whatever its input is", async () => {
    await using parent = new Program(["-e", killedParent]);
    await parent.line(/"ready":true/);
    parent.signal("SIGKILL");
    await parent.ended; // its standard output is the child's too: the child has ended as well
  });
});

/** Starts the command without a pipe as its input. */
const killedParent = `
  const { spawn } = require("node:child_process");
  const args = ["--import", "tsx", "src/cli/main.ts", "--peers", "1", "--json", "--exit-with-parent"];
  spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
`;

describe("zookeeper-memory-server run", () => {
  const run = (script: string, ...flags: string[]): Program =>
    zookeeper("run", "--peers", "1", ...flags, "--", process.execPath, "-e", script);

  test("the command finds the ensemble, its arguments are its own, and its exit code is passed on", async () => {
    await using program = zookeeper(
      ...["run", "--peers", "1", "--", process.execPath, "-e"],
      ...["console.log(process.env.ZOOKEEPER_CONNECT, process.argv[1]); process.exit(7)"],
      ...["--", "--peers"],
    );
    expect(await program.ended).toEqual({ code: 7, signal: null });
    expect(program.stdout).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+ --peers$/)]);
    expect(program.stderr).toEqual([]);
  });

  test("a signal is the command's: it ends as it likes, and so does run", async () => {
    await using program = run(
      "process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1000); console.log('up')",
    );
    await program.line(/up/);
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 3, signal: null });
  });

  test("what a signal killed ends with 128 and its number, and the timeline is written", async () => {
    const file = join(tempFolder(), "run.json");
    await using program = run("process.kill(process.pid, 'SIGKILL')", "--timeline", file);
    expect(await program.ended).toEqual({ code: 137, signal: null });
    expect(JSON.parse(readFileSync(file, "utf8"))).toHaveProperty("lanes");
  });

  test("a timeline that cannot be written is told of, and the ensemble closes all the same", async () => {
    await using program = run("", "--timeline", join(tempFolder(), "nowhere", "run.json"));
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr.join("\n")).toContain("ENOENT");
  });

  test("the command finds nothing of an ensemble that is around this one", async () => {
    await using program = new Program(
      [
        ...["src/cli/main.ts", "run", "--peers", "1", "--", process.execPath, "-e"],
        "console.log(process.env.ZKMS_CONTROL_URL, process.env.ZKMS_CONTROL_TOKEN)",
      ],
      { ZKMS_CONTROL_URL: "http://127.0.0.1:1", ZKMS_CONTROL_TOKEN: "another" },
    );
    expect(await program.ended).toEqual(clean);
    expect(program.stdout).toEqual(["undefined undefined"]);
  });

  test("a command that is not there is named, with 127", async () => {
    await using program = zookeeper("run", "--peers", "1", "--", "no-such-command");
    expect(await program.ended).toEqual({ code: 127, signal: null });
    expect(program.stderr).toEqual(["no-such-command: no such command"]);
  });
});

test("doctor looks at all it needs, and lives through a leader's death", async () => {
  await using program = zookeeper("doctor", "--json");
  expect(await program.ended).toEqual(clean);
  const { ok, findings } = JSON.parse(program.stdout.join(""));
  expect(ok).toBe(true);
  const named = Object.fromEntries(findings.map((each: { name: string }) => [each.name, each]));
  expect(named.node.what).toContain(process.version);
  expect(named.ensemble.what).toMatch(/three peers boot in \d+ ms, a write survives its leader/);
});

async function fourLetterWord(port: number, word: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(word);
  return text(socket);
}
