import type { ClientOptions, ZooKeeperClient } from "../client/index.ts";
import type { Ensemble, Namespace, TreeLiteral } from "./api.ts";
import { asyncDispose } from "./disposal.ts";
import { badOption } from "./given.ts";

export interface NamespaceOptions {
  readonly path: string;
  readonly ensemble: Pick<Ensemble, "connectString" | "connect" | "dump" | "seedTree">;
  /** Deletes all nodes below the path, and with `self` its own. */
  readonly clear: (path: string, options: { readonly self: boolean }) => Promise<void>;
}

/** A chroot of its own for one test. */
class ChrootNamespace implements Namespace {
  readonly path: string;
  readonly connectString: string;
  readonly #options: NamespaceOptions;
  #closing: Promise<void> | undefined;

  constructor(options: NamespaceOptions) {
    this.path = options.path;
    this.connectString = `${options.ensemble.connectString}${options.path}`;
    this.#options = options;
  }

  connect(options: ClientOptions = {}): Promise<ZooKeeperClient> {
    const chroot = `${this.path}${options.chroot ?? ""}`;
    return this.#options.ensemble.connect({ ...options, chroot });
  }

  dump(): Promise<TreeLiteral> {
    return this.#options.ensemble.dump(this.path);
  }

  seedTree(tree: TreeLiteral): Promise<void> {
    return this.#options.ensemble.seedTree(tree, this.path);
  }

  clear(): Promise<void> {
    return this.#options.clear(this.path, { self: false });
  }

  close(): Promise<void> {
    this.#closing ??= this.#options.clear(this.path, { self: true });
    return this.#closing;
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Where the nth namespace of an ensemble is. */
export function namespacePath(name: string | undefined, nth: number): string {
  if (name === undefined) return `/namespace-${nth}`;
  if (typeof name !== "string") throw badOption("name", name, "is no text", 'namespace("mine")');
  return `/${name}`;
}

export const createNamespace = (options: NamespaceOptions): Namespace =>
  new ChrootNamespace(options);
