// The small client at a peer without a quorum that serves reads only.
import { expect, test } from "vitest";
import { connectClient } from "../../src/client/client.ts";
import type { ClientState } from "../../src/client/types.ts";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { reached, recorder } from "./client-server.ts";

/** Three peers with a node, of which the third is cut off from the others and serves reads only. */
async function withReadOnlyPeer(): Promise<Ensemble> {
  const ens = await startEnsemble(3, { readOnlyMode: true });
  await ens.seedTree({ app: "blue" });
  await ens.waitForConverged();
  await ens.isolate(3, { from: "peers" });
  await ens.clock.advance(10_000);
  await ens.peer(3).waitForRole("readonly");
  return ens;
}

test("reads where it asked for no more, cannot write, and has another session when there is a quorum again", async () => {
  await using ens = await withReadOnlyPeer();
  const zk = await ens.connect({ to: 3, readOnly: true });
  const states = recorder<ClientState>();
  zk.onState(states.record);
  const { sessionId } = zk;
  expect([zk.state, (await zk.get("/app")).data.toString()]).toEqual(["connectedReadOnly", "blue"]);
  await expect(zk.set("/app", "red")).rejects.toMatchObject({
    code: "NOTREADONLY",
    message: "set /app: the server has no quorum and serves reads only",
  });
  const writable = reached(zk, "connected");
  await ens.heal();
  await writable;
  await zk.set("/app", "red");
  expect([states.seen[0], states.seen.at(-1)]).toEqual(["disconnected", "connected"]);
  expect(zk.sessionId).not.toBe(sessionId);
});

test("leaves a peer that serves reads only as soon as another one can write", async () => {
  await using ens = await withReadOnlyPeer();
  const [first, second] = [ens.peer(3), ens.peer(1)];
  const zk = await connectClient([first, second], { readOnly: true });
  expect(zk.state).toBe("connectedReadOnly");
  await zk.exists("/new", { watch: () => {} });
  await reached(zk, "connected");
  await zk.set("/app", "red");
  expect((await ens.sessions.get(zk.sessionId))?.peer).toBe(1);
  expect(await zk.checkWatches("/new")).toBe(true);
  await zk.close();
});

test("is not taken there when it did not ask for reads only", async () => {
  await using ens = await withReadOnlyPeer();
  const { host, port } = ens.peer(3);
  const refused = connectClient([{ host, port }], { connectTimeout: 300 });
  await expect(refused).rejects.toMatchObject({ code: "CONNECTIONLOSS" });
});
