import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { portOf } from "../../../benchmarks/port.ts";

test("a server that closes a connection is named, with what the connection was about", async () => {
  const server = createServer((socket) => socket.once("data", () => socket.end()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  const load = fork("benchmarks/load.ts", {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  if (load.stderr === null) throw new Error("it is piped");
  const options = { kind: "read", ports: [port], handshake: true };
  load.send({ do: "open", lane: "TestingCluster", options });
  const said = await text(load.stderr);
  expect(said).toMatch(
    new RegExp(
      `TestingCluster on ${port} closed a connection that opened its session; last sent \\d+ ms ago, last bytes came never`,
    ),
  );
  server.close();
});
