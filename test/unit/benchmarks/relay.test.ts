import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { startRelay } from "../../../benchmarks/relay.ts";

test("the relay answers each peer's client, request after request", async () => {
  await using relay = await startRelay(50, 88);
  const answers: Buffer[] = [];
  for (const port of [...relay.ports, ...relay.ports]) {
    const client = connect({ port, host: "127.0.0.1" });
    client.write(Buffer.alloc(50));
    const [answer] = await once(client, "data");
    answers.push(answer);
    client.destroy();
  }
  const reply = Buffer.alloc(88);
  reply.writeInt32BE(84, 0);
  expect(answers).toEqual(Array.from({ length: 6 }, () => reply));
});
