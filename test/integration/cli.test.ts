import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { Program } from "./program.ts";

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
    const { connectString, peers, seed, pid } = JSON.parse(await program.line(/./));
    expect({ peers, seed, pid: typeof pid }).toEqual({
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

  test.each([
    ["an option nobody knows", ["--pears", "3"], "--pears"],
    ["a number that is none", ["--peers", "many"], 'option --peers: "many" is not a whole number'],
    [
      "a command nobody knows",
      ["stop"],
      'option command: "stop" is nothing to do\n  try     start, java-home or --help',
    ],
  ])("%s is refused with how to go on", async (_, args, message) => {
    await using program = zookeeper(...args);
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr.join("\n")).toContain(message);
    expect(program.stdout).toEqual([]);
  });

  test("--version and --help answer and end", async () => {
    await using version = zookeeper("--version");
    await using help = zookeeper("--help");
    expect([await version.ended, await help.ended]).toEqual([clean, clean]);
    const manifest = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    );
    expect(version.stdout).toEqual([manifest.version]);
    expect(help.stdout.join("\n")).toContain("--peers N");
  });
});

async function fourLetterWord(port: number, word: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(word);
  return text(socket);
}
