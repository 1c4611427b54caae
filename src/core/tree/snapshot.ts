import { ProtocolError } from "../base/assert.ts";
import { joined } from "../base/bytes.ts";
import { type SessionId, zxidOf } from "../base/ids.ts";
import { Reader } from "../jute/reader.ts";
import { Writer } from "../jute/writer.ts";
import { SnapshotEnd, snapshotSignature } from "../packets/snapshot-end.ts";
import { Acl } from "../protocol/records.ts";
import { ownBytes } from "../txn/codec.ts";
import { openAcl } from "./acl.ts";
import { openAclId } from "./acl-cache.ts";
import { lasts } from "./lasting.ts";
import { DataTree } from "./tree.ts";
import type { Znode, ZnodeFields } from "./znode.ts";

/**
 * The tree and its sessions as the stream that follows SNAP, and that fills the middle of a snapshot file, in pieces of at least
 * `pieceBytes`. The tree may change between pieces: the snapshot is of `lastApplied` at the start, with or without what came
 * later, and running every later transaction over it gives the exact state. Nodes made since the start are left out.
 * "lasting": without sessions, and of the nodes only what `lasts`.
 */
export function* snapshotPieces(
  tree: DataTree,
  pieceBytes: number = 65_536,
  content: "whole" | "lasting" = "whole",
): Generator<Uint8Array, void, void> {
  const startedAt = tree.lastApplied;
  const writer = new Writer(pieceBytes + 4096);
  const sessions = content === "whole" ? tree.sessions : noSessions;
  writer.int(sessions.size);
  for (const [session, timeout] of sessions) {
    writer.id(session);
    writer.int(timeout);
  }
  const acls = tree.acls;
  writer.int(acls.length);
  for (const { id, acl } of acls) {
    writer.long(id);
    writer.vector(acl, Acl.write);
  }
  for (const node of tree.nodes()) {
    if (node.czxid > startedAt || (content === "lasting" && !lasts(node))) continue;
    writeNode(writer, tree, node);
    if (writer.length < pieceBytes) continue;
    yield writer.copy();
    writer.clear();
  }
  writer.string("/");
  writer.string(snapshotSignature);
  yield writer.copy();
}

const noSessions: ReadonlyMap<SessionId, number> = new Map();

function writeNode(w: Writer, tree: DataTree, node: Znode): void {
  if (node.id === tree.root.id) w.string("");
  else w.piece(node.path);
  w.buffer(node.data);
  w.long(tree.aclIdOf(node));
  w.long(node.czxid);
  w.long(node.mzxid);
  w.long(node.ctime);
  w.long(node.mtime);
  w.int(node.version);
  w.int(node.cversion);
  w.int(node.aversion);
  w.id(node.owner);
  w.long(node.pzxid);
}

/** Makes a tree from the stream, given in pieces of any size. Throws ProtocolError for what is no snapshot. */
export class SnapshotLoader {
  readonly #end = new SnapshotEnd();
  /** Pieces of an item that is not whole yet: put together once, as a large one has many. */
  #held: Uint8Array[] = [];
  readonly #tree = new DataTree("bare");
  readonly #acls = new Map<number, readonly Acl[]>();
  #section: "sessionCount" | "sessions" | "aclCount" | "acls" | "nodes" = "sessionCount";
  /** Items left in the section. */
  #left = 0;
  #hasRoot = false;

  /** The whole stream is here. */
  get done(): boolean {
    return this.#end.done;
  }

  push(piece: Uint8Array): void {
    const used = this.#end.push(piece);
    if (used < piece.length) throw new ProtocolError("bytes behind the end of a snapshot");
    const whole = this.#end.boundary;
    if (whole === 0) {
      this.#held.push(ownBytes(piece));
      return;
    }
    const end = piece.subarray(0, whole);
    this.#read(new Reader(this.#held.length === 0 ? end : joined([...this.#held, end])));
    this.#held = whole === piece.length ? [] : [ownBytes(piece.subarray(whole))];
  }

  /** Throws ProtocolError unless `done`. */
  finish(): DataTree {
    if (!this.done) throw new ProtocolError("a snapshot that ends too early");
    this.#tree.addMissingSystemNodes();
    this.#tree.quotas.restore();
    return this.#tree;
  }

  #read(r: Reader): void {
    while (r.remaining > 0) {
      switch (this.#section) {
        case "sessionCount":
          this.#begin(r, "sessions", "aclCount");
          break;
        case "sessions":
          this.#tree.openSession(r.id(), r.int());
          this.#counted("aclCount");
          break;
        case "aclCount":
          this.#begin(r, "acls", "nodes");
          break;
        case "acls":
          this.#acls.set(r.long(), r.vector(Acl.read));
          this.#counted("nodes");
          break;
        case "nodes":
          if (this.#readNode(r)) break;
          return;
      }
    }
  }

  #begin(r: Reader, section: "sessions" | "acls", after: "aclCount" | "nodes"): void {
    this.#left = r.int();
    this.#section = this.#left > 0 ? section : after;
  }

  #counted(after: "aclCount" | "nodes"): void {
    this.#left -= 1;
    if (this.#left === 0) this.#section = after;
  }

  /** False at the end. */
  #readNode(r: Reader): boolean {
    const path = r.string();
    if (path === "/") return false;
    const fields = this.#readFields(r);
    if (path === "" && !this.#hasRoot) {
      this.#tree.restoreRoot(fields);
      this.#hasRoot = true;
      return true;
    }
    if (!this.#hasRoot || this.#tree.get(path) !== undefined) {
      throw new ProtocolError(`a snapshot with ${path} twice, or before the root`);
    }
    if (!path.startsWith("/") || this.#tree.parentOf(path) === undefined) {
      throw new ProtocolError(`a snapshot without the parent of ${path}`);
    }
    this.#tree.insert(path, fields);
    return true;
  }

  #readFields(r: Reader): ZnodeFields {
    const data = r.buffer();
    const aclId = r.long();
    const zxid = zxidOf(r.long());
    const mzxid = zxidOf(r.long());
    const time = r.long();
    const mtime = r.long();
    const version = r.int();
    const cversion = r.int();
    const aversion = r.int();
    const owner: SessionId = r.id();
    const pzxid = zxidOf(r.long());
    // An ACL made while the snapshot was taken may be missing; the create or setACL that made it comes with the log.
    const acl = aclId === openAclId ? openAcl : (this.#acls.get(aclId) ?? openAcl);
    const stat = { mzxid, pzxid, mtime, version, cversion, aversion };
    return { data, acl, owner, zxid, time, stat };
  }
}
