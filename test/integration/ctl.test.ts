import { expect, test } from "vitest";
import { ctl } from "../../src/cli/ctl.ts";
import { startEnsemble } from "../../src/ensemble/start.ts";

test("an ensemble does as the words say, and what comes of it is printed", async () => {
  await using ensemble = await startEnsemble(3, { control: true });
  const { controlUrl: url = "", controlToken: token = "" } = ensemble;
  const said = async (...words: string[]): Promise<string[]> => {
    const lines: string[] = [];
    await ctl(words, { url, token }, (line) => lines.push(line));
    return lines;
  };
  const events: string[] = [];
  const following = ctl(["follow", "peer", "--since", "0"], { url, token }, (line) =>
    events.push(line),
  );

  const leader = await ensemble.leader();
  const killed: unknown = JSON.parse((await said("kill", "leader")).join(""));
  expect(killed).toEqual([expect.objectContaining({ id: leader.id, address: leader.address })]);
  expect(await leader.role()).toBe("crashed");
  expect(await said("peer", String(leader.id), "start")).toEqual([]);
  expect(await leader.role()).toBe("follower");
  expect(await said("peer", String(leader.id), "role")).toEqual(["follower"]);

  await expect(said("peer", "9", "stop")).rejects.toThrow(
    expect.objectContaining({ code: "ZKMS_NO_SUCH_PEER" }),
  );
  await expect(ctl(["status"], { url, token: "guess" })).rejects.toThrow("token");

  expect(await said("close")).toEqual([]);
  await following; // its stream ends with the ensemble
  const told: unknown[] = events.map((line) => JSON.parse(line));
  expect(told).toContainEqual(expect.objectContaining({ peer: leader.id, to: "crashed" }));
  await expect(said("status")).rejects.toThrow(
    expect.objectContaining({ code: "ZKMS_CONTROL", message: expect.stringContaining(url) }),
  );
});
