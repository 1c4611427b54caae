import { ErrorCode } from "./error-codes.ts";

/** Which Apache release a peer answers like, where 3.8.0 and 3.9.5 differ. */
export type Emulate = "3.8" | "3.9";

/**
 * The one table of differences that clients can see. "3.8" is 3.8.0 as Debian builds it, whose watch events are hidden from those
 * who may not read the node, as since 3.8.4.
 */
export interface Dialect {
  /** Watch events carry the zxid of the transaction that fired them; −1 before 3.9. */
  readonly eventZxid: boolean;
  /** `exists` on a node that is there needs READ. */
  readonly existsNeedsRead: boolean;
  /** create2 in a multi is answered with its Stat; before, as a plain create. */
  readonly multiCreate2: boolean;
  /**
   * createContainer in a multi makes a container whatever its flags say; a create there with unknown flags, or with those of a
   * TTL node, fails the request as undecodable. Before, the one fails alone, the other only when its turn comes.
   */
  readonly multiStrictFlags: boolean;
  /** One connection's modes on one path stand side by side; before, the last one set replaces the others. */
  readonly watchModesCoexist: boolean;
  /** The highest watcher type that checkWatches and removeWatches know. */
  readonly watcherTypeMax: number;
  /** IPv6 addresses are valid in ACLs (3.9.4). */
  readonly ipv6Acl: boolean;
  /** A write whose body does not decode still takes a zxid. */
  readonly malformedTakesZxid: boolean;
  /** How a client's deleteContainer is refused: 3.8 cannot read it, 3.9 would delete anything that is empty. */
  readonly deleteContainer: typeof ErrorCode.BADARGUMENTS | typeof ErrorCode.UNIMPLEMENTED;
  /** The AdminServer knows commands that are posted. */
  readonly adminPost: boolean;
}

export const dialects: { readonly [E in Emulate]: Dialect } = {
  "3.8": {
    eventZxid: false,
    existsNeedsRead: false,
    multiCreate2: false,
    multiStrictFlags: false,
    watchModesCoexist: false,
    watcherTypeMax: 3,
    ipv6Acl: false,
    malformedTakesZxid: true,
    deleteContainer: ErrorCode.BADARGUMENTS,
    adminPost: false,
  },
  "3.9": {
    eventZxid: true,
    existsNeedsRead: true,
    multiCreate2: true,
    multiStrictFlags: true,
    watchModesCoexist: true,
    watcherTypeMax: 5,
    ipv6Acl: true,
    malformedTakesZxid: false,
    deleteContainer: ErrorCode.UNIMPLEMENTED,
    adminPost: true,
  },
};
