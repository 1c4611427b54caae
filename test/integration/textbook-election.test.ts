import { expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";

const links = ["tcp", "memory"] as const;

test.each(links)(
  "of five peers started one by one over %s links, the third leads and the greater ones follow it",
  async (peerLinks) => {
    await using ensemble = await startEnsemble({
      peerLinks,
      peers: [1, 2, 3, 4, 5].map((id) => ({ id, start: false })),
    });
    const roles = (): Promise<string[]> =>
      Promise.all(ensemble.peers.map((peer) => peer.role() as Promise<string>));

    await ensemble.peer(1).start();
    await ensemble.peer(2).start();
    expect(await roles()).toEqual(["looking", "looking", "stopped", "stopped", "stopped"]);

    await ensemble.peer(3).start();
    await ensemble.waitForLeader();
    await ensemble.peer(4).start();
    await ensemble.peer(5).start();
    await ensemble.waitForConverged();
    expect(await roles()).toEqual(["follower", "follower", "leader", "follower", "follower"]);

    const modes = await Promise.all(
      ensemble.peers.map(async (peer) => {
        const answer = await peer.fourLetterWord("srvr");
        return /^Mode: (\w+)$/m.exec(answer)?.[1];
      }),
    );
    expect(modes).toEqual(["follower", "follower", "leader", "follower", "follower"]);

    const decided = (await ensemble.events.history({ type: "election" })).flatMap((event) =>
      event.type === "election" && event.change === "decided" ? [event] : [],
    );
    expect(decided.map(({ vote }) => vote)).toEqual([3, 3, 3, 3, 3]);
    expect(decided.map(({ peer }) => peer).sort()).toEqual([1, 2, 3, 4, 5]);
    expect((await ensemble.status()).epoch).toBe(1);
  },
);

test.each(links)("newer data beats a greater number over %s links", async (peerLinks) => {
  await using ensemble = await startEnsemble(3, { peerLinks });
  await ensemble.peer(3).kill();
  const zk = await ensemble.connect({ to: (await ensemble.waitForLeader({ not: 3 })).id });
  await zk.create("/newer", "");
  await ensemble.peer(2).kill(); // 1 and 2 have the write, 3 has not
  await ensemble.peer(3).start();
  expect((await ensemble.waitForLeader({ not: 2 })).id).toBe(1);
  await ensemble.waitForConverged();
  const witness = await ensemble.connect({ to: 3 });
  expect(await witness.exists("/newer")).not.toBe(null);
});
