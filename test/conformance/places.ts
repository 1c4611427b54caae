// Tests of single connections, held at a peer alone, at a leader and at a follower.
import { test } from "vitest";
import type { RawClient, Server } from "./raw-client.ts";
import { type Ask, bodyOf, type Place } from "./requests.ts";
import { target } from "./targets.ts";
import { Transcript } from "./transcript.ts";

const here: Place = { base: 0, path: (path) => path };

/** Registers the test for each kind of peer. */
export function atEveryPlace(what: string, run: (server: Server) => Promise<void>): void {
  test(`${what} (one peer)`, async () => run((await target()).alone));
  test(`${what} (leader)`, async () => run((await threeOf()).leader));
  test(`${what} (follower)`, async () => run((await threeOf()).follower));
}

async function threeOf(): Promise<{ leader: Server; follower: Server }> {
  const [leader, follower] = (await target()).three;
  if (leader === undefined || follower === undefined) throw new Error("fewer than two peers");
  return { leader, follower };
}

export const body = (ask: Ask): Uint8Array => bodyOf(ask, here);

export function send(client: RawClient, ask: Ask): number {
  return client.send({ type: ask.type, xid: ask.xid, body: body(ask) });
}

/** What comes up to the answer, in words; zxids count from `base`. */
export async function answers(client: RawClient, ask: Ask, base = 0): Promise<string[]> {
  const frames = await client.until(send(client, ask));
  const transcript = new Transcript({ base, folder: "/no-folder", sessions: new Map() });
  return frames.map((frame) => transcript.line(frame));
}

/** Asks, and again where a nudge left meanwhile: it is what the server has heard last in the session. */
export async function askLast(client: RawClient, ask: Ask): Promise<void> {
  for (let before = -1; client.sentCount !== before + 1; ) {
    before = client.sentCount;
    await answers(client, ask);
  }
}

/** All that comes until the server hangs up. */
export async function rest(client: RawClient, base = 0): Promise<string[]> {
  const transcript = new Transcript({ base, folder: "/no-folder", sessions: new Map() });
  return (await client.untilClosed()).map((frame) => transcript.line(frame));
}
