import { epochOf, zxidOf } from "../core/base/ids.ts";
import type { Ms, Role } from "../ensemble/api-controls.ts";
import { codeOf } from "../ensemble/errors.ts";
import { askWord } from "../ensemble/four-letter-word.ts";

/** What a running server tells of itself. */
export interface Survey {
  readonly role: Role;
  /** Answers clients. */
  readonly serving: boolean;
  readonly zxid: bigint;
  readonly epoch: number;
  readonly connections: number;
  readonly znodes: number;
  readonly watches: number;
}

export const silence: Survey = {
  role: "looking",
  serving: false,
  zxid: 0n,
  epoch: 0,
  connections: 0,
  znodes: 0,
  watches: 0,
};

const roles: ReadonlyMap<string, Role> = new Map([
  ["leader", "leader"],
  ["follower", "follower"],
  ["observer", "observer"],
  ["standalone", "standalone"],
  ["read-only", "readonly"],
]);

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Never rejects: who refuses a connection, or does not answer as one that serves, is looking. Of who says nothing in time nothing is
 * known: undefined.
 */
export async function surveyOf(address: Address, timeout: Ms): Promise<Survey | undefined> {
  const text = await askWord("srvr", { ...address, timeout }).catch((error: unknown) =>
    codeOf(error) === undefined ? undefined : "",
  );
  if (text === undefined) return undefined;
  const field = (name: string): string => new RegExp(`^${name}: (.+)$`, "m").exec(text)?.[1] ?? "";
  const role = roles.get(field("Mode"));
  if (role === undefined) return silence;
  const zxid = BigInt(field("Zxid") || "0");
  return {
    role,
    serving: true,
    zxid,
    epoch: epochOf(zxidOf(Number(zxid))),
    connections: Number(field("Connections")) - 1, // the word's own
    znodes: Number(field("Node count")),
    watches: 0,
  };
}

export async function watchCountOf(address: Address, timeout: Ms): Promise<number> {
  const text = await askWord("mntr", { ...address, timeout }).catch(() => "");
  return Number(/^zk_watch_count\t(\d+)$/m.exec(text)?.[1] ?? 0);
}
