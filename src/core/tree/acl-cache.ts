import { present } from "../base/assert.ts";
import type { Acl } from "../protocol/records.ts";
import { isOpen, openAcl } from "./acl.ts";

interface Shared {
  readonly id: number;
  readonly key: string;
  readonly acl: readonly Acl[];
  users: number;
}

/** An ACL list with the number that stands for it in a snapshot. */
export interface NumberedAcl {
  readonly id: number;
  readonly acl: readonly Acl[];
}

/** In a snapshot: world:anyone with all permissions. */
export const openAclId = -1;

/** One list for all nodes with equal ACLs, counted by its users; nodes that are open to all share `openAcl`, uncounted. */
export class AclCache {
  readonly #byKey = new Map<string, Shared>();
  readonly #byList = new Map<readonly Acl[], Shared>();
  #nextId = 1;

  /** The same lists, with the same users. */
  copy(): AclCache {
    const copy = new AclCache();
    copy.#nextId = this.#nextId;
    for (const { ...shared } of this.#byList.values()) {
      copy.#byKey.set(shared.key, shared);
      copy.#byList.set(shared.acl, shared);
    }
    return copy;
  }

  /** The shared list equal to `acl`, with one more user. */
  use(acl: readonly Acl[]): readonly Acl[] {
    if (isOpen(acl)) return openAcl;
    const shared = this.#byList.get(acl) ?? this.#share(acl);
    shared.users += 1;
    return shared.acl;
  }

  /** One user less of a list that `use` gave out. */
  release(acl: readonly Acl[] | null): void {
    if (acl === null || acl === openAcl) return;
    const shared = present(this.#byList.get(acl), "the ACL of a node");
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#byList.delete(acl);
    this.#byKey.delete(shared.key);
  }

  idOf(acl: readonly Acl[] | null): number {
    return acl === null || acl === openAcl ? openAclId : (this.#byList.get(acl)?.id ?? openAclId);
  }

  get all(): readonly NumberedAcl[] {
    return [...this.#byList.values()];
  }

  #share(acl: readonly Acl[]): Shared {
    const key = JSON.stringify(acl.map(({ perms, scheme, id }) => [perms, scheme, id]));
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const shared: Shared = { id: this.#nextId, key, acl, users: 0 };
    this.#nextId += 1;
    this.#byKey.set(key, shared);
    this.#byList.set(acl, shared);
    return shared;
  }
}
