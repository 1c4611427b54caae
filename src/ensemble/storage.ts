import { rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sidOf } from "../core/base/ids.ts";
import type { ResolvedOptions, ResolvedPeer } from "./options.ts";
import { PeerStorage } from "./peer-storage.ts";

/** Where an ensemble's peers keep their files, and what becomes of these when it closes. */
export class StorageFolders {
  readonly #options: ResolvedOptions;
  /** For peers without a folder of their own; made with the first of them. */
  readonly #temporary: string;
  readonly #peers: { readonly peer: ResolvedPeer; readonly storage: PeerStorage }[] = [];

  constructor(id: string, options: ResolvedOptions) {
    this.#options = options;
    this.#temporary = join(tmpdir(), id.replace(/[^\w.-]/g, "_"));
  }

  storageOf(peer: ResolvedPeer): PeerStorage {
    const { peers, juteMaxBuffer, settings } = this.#options;
    const storage = new PeerStorage({
      sid: sidOf(peer.id),
      storage: peer.storage,
      dataDir: this.#folderOf(peer),
      standalone: peers.length === 1,
      juteMaxBuffer,
      settings: settings.files,
    });
    this.#peers.push({ peer, storage });
    return storage;
  }

  /** For peers that are down; returns the temporary folder where files were kept in it. */
  async close({ failed }: { readonly failed: boolean }): Promise<string | undefined> {
    let keptHere = false;
    for (const { peer, storage } of this.#peers) {
      const { keep, dir, kind } = peer.storage;
      const isKept = keep === "on-failure" ? failed : keep;
      await storage.close({ remove: !isKept });
      if (kind === "disk" && dir === undefined && isKept) keptHere = true;
    }
    if (keptHere) return this.#temporary;
    await rmdir(this.#temporary).catch(() => {}); // there is none where all peers have folders of their own
    return undefined;
  }

  #folderOf({ id, storage }: ResolvedPeer): string | undefined {
    const { kind, dir } = storage;
    if (kind === "memory") return undefined;
    if (dir?.holds === "a peer") return resolve(dir.path);
    return join(dir === undefined ? this.#temporary : resolve(dir.path), `peer${id}`);
  }
}
