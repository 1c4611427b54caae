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
export function askLast(client: RawClient, ask: Ask): Promise<string[]> {
  return inFewTries(async () => {
    const before = client.sentCount;
    const got = await answers(client, ask);
    const sent = client.sentCount - before;
    return sent === 1 ? { got } : { spoiled: `${sent} requests, up to ${got.at(-1)}` };
  });
}

/** What the first try comes to that a slow machine has not spoiled; one that it has says what it saw. */
export async function inFewTries<T>(
  once: (earlier: number) => Promise<{ readonly got: T } | { readonly spoiled: string }>,
  { triesMax = 10 } = {},
): Promise<T> {
  const spoiled: string[] = [];
  while (spoiled.length < triesMax) {
    const outcome = await once(spoiled.length);
    if ("got" in outcome) return outcome.got;
    spoiled.push(outcome.spoiled);
  }
  throw new Error(`none of ${triesMax} tries came to anything:\n${spoiled.join("\n")}`);
}

/** All that comes until the server hangs up. */
export async function rest(client: RawClient, base = 0): Promise<string[]> {
  const transcript = new Transcript({ base, folder: "/no-folder", sessions: new Map() });
  return (await client.untilClosed()).map((frame) => transcript.line(frame));
}
