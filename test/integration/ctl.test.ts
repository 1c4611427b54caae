import { expect, test } from "vitest";
import { ctl } from "../../src/cli/ctl.ts";
import { startEnsemble } from "../../src/ensemble/start.ts";
import { Program } from "./program.ts";

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

test("follow ends without a word when nobody reads its lines any more", async () => {
  await using ensemble = await startEnsemble(1, { control: true });
  await using zk = await ensemble.connect();
  await zk.create("/a");
  const environment = {
    ZKMS_CONTROL_URL: ensemble.controlUrl,
    ZKMS_CONTROL_TOKEN: ensemble.controlToken,
  };
  const follow = `"${process.execPath}" --import tsx src/cli/main.ts ctl follow commit --since 0`;
  await using program = new Program(["-c", `${follow} | head -n 1`], environment, ["sh"]);
  await program.line(/"commit"/);
  let hasEnded = false;
  const ended = program.ended.finally(() => {
    hasEnded = true;
  });
  while (!hasEnded) await zk.set("/a", "again"); // it learns of it by writing
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(program.stderr).toEqual([]);
});
