import { connect as connectTo } from "../../client/connect.ts";
import type { ConnectOptions, ZooKeeperClient } from "../../client/index.ts";
import { randomHex } from "../../runtime/machine-time.ts";
import { asSuper } from "../access-options.ts";
import type { TreeLiteral } from "../api.ts";
import { ClientContent } from "../client-content.ts";
import { asyncDispose } from "../disposal.ts";
import { codeOf } from "../errors.ts";
import type { SharedRun } from "./shared-run.ts";

/** A chroot of one test's own on an ensemble that others use too. */
export interface SharedNamespace extends AsyncDisposable {
  readonly path: string;
  /** host:port,host:port/path: for the client of the code under test. */
  readonly connectString: string;
  /** The small client for assertions; its paths begin in the namespace. */
  connect(options?: ConnectOptions): Promise<ZooKeeperClient>;
  /** What is in it, names in order. */
  dump(): Promise<TreeLiteral>;
  seedTree(tree: TreeLiteral): Promise<void>;
  /** Deletes all that is in it. */
  clear(): Promise<void>;
  /** Deletes it. */
  close(): Promise<void>;
}

/** How often whoever still writes into a namespace that is being deleted is run after. */
const sweepsMax = 5;
const nameMax = 60;

/**
 * Makes a node that no other test has, on the ensemble at the run's connect string; through the client port alone, so it may
 * belong to any process. `title` is what people call the test.
 */
export async function openNamespace(run: SharedRun, title: string): Promise<SharedNamespace> {
  const path = `/${slugOf(title).slice(0, nameMax)}-${randomHex(8)}`;
  const namespace = new ClientNamespace(run, path);
  await namespace.seedTree({ "": "" });
  return namespace;
}

/** A text as a name of files and znodes; ZooKeeper refuses paths with characters that are two units of UTF-16. */
export const slugOf = (text: string): string =>
  text
    .replace(/(?:[^\p{Letter}\p{Number}._]|[\u{10000}-\u{10ffff}])+/gu, "-")
    .replace(/^[-.]+|-+$/g, "") || "test";

class ClientNamespace implements SharedNamespace {
  readonly path: string;
  readonly connectString: string;
  readonly #content: ClientContent;
  #closing: Promise<void> | undefined;

  constructor(run: SharedRun, path: string) {
    const { connectString, superUser } = run;
    this.path = path;
    this.connectString = `${connectString.replace(/\/$/, "")}${path}`;
    this.#content = new ClientContent(() => connectTo(connectString, asSuper(superUser)));
  }

  connect(options: ConnectOptions = {}): Promise<ZooKeeperClient> {
    if (options.chroot === undefined) return connectTo(this.connectString, options);
    const { chroot, ...rest } = options;
    return connectTo(`${this.connectString}${chroot}`, rest);
  }

  dump(): Promise<TreeLiteral> {
    return this.#content.dump(this.path);
  }

  seedTree(tree: TreeLiteral): Promise<void> {
    return this.#content.seed(tree, this.path);
  }

  clear(): Promise<void> {
    return this.#sweep({ self: false });
  }

  close(): Promise<void> {
    this.#closing ??= this.#sweep({ self: true });
    return this.#closing;
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  async #sweep(options: { readonly self: boolean }): Promise<void> {
    for (let sweeps = 1; ; sweeps += 1) {
      try {
        await this.#content.clear(this.path, options);
        return;
      } catch (error) {
        const raced = codeOf(error) === "NOTEMPTY" || codeOf(error) === "NONODE";
        if (!raced || sweeps === sweepsMax) throw error;
      }
    }
  }
}
