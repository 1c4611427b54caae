import type { ConnectionId } from "../base/ids.ts";
import { Leader } from "../quorum/leader.ts";
import type { Effect } from "./effects.ts";
import { answerWord, refusalOf } from "./four-letter-words.ts";
import type { Peer } from "./peer.ts";
import { survey } from "./survey.ts";

/** A four-letter word's answer, what it does besides, and the end of its connection. */
export function answerConnection(
  peer: Peer,
  now: number,
  { connection, word }: { readonly connection: ConnectionId; readonly word: string },
  out: Effect[],
): void {
  const { clients, options } = peer;
  const { about, fourLetterWords } = options;
  clients.worded(connection);
  const figures = survey(peer, now, about);
  const text = answerWord(word, figures, fourLetterWords);
  if (refusalOf(word, figures.serving, fourLetterWords) === undefined) resetFigures(peer, word);
  clients.traffic.sent += 1; // counted behind what it tells
  out.push({ type: "text", connection, text });
  out.push({ type: "close", connection, why: "a four-letter word" });
  clients.disconnected(connection, out);
}

/** What `crst` and `srst` ask for besides an answer; nothing for any other word. */
export function resetFigures({ clients, counts, replica, leading }: Peer, word: string): void {
  if (word === "crst") {
    for (const connection of clients.connections.values()) connection.resetCounts();
  }
  if (word !== "srst") return;
  clients.traffic.reset();
  Object.assign(counts, { looking: 0, proposals: 0, commits: 0, expired: 0 });
  replica.digestMismatches = 0;
  if (leading?.quorum instanceof Leader) leading.quorum.forgetProposalSizes();
}
