import { parseConnectString } from "../../client/connect.ts";
import type { Ensemble, EnsembleStatus, TreeLiteral } from "../api.ts";
import type { Events, Ms, Role } from "../api-controls.ts";
import { codeOf } from "../errors.ts";
import { askWord } from "../four-letter-word.ts";
import { hex } from "../picture.ts";
import { witnessOf } from "./remote-witness.ts";
import type { SharedNamespace } from "./shared-namespace.ts";
import type { SharedRun } from "./shared-run.ts";
import { writeTimeline } from "./timeline-files.ts";

/** How long a peer of the shared ensemble may take to say how it is. */
const answerMs: Ms = 500;
const treeCharactersMax = 400;
const downRoles: readonly Role[] = ["stopped", "crashed", "paused"];

/** What is looked at of an ensemble, in this process or another. */
export type Witness = Pick<Ensemble, "id" | "seed" | "status"> & {
  readonly events: Pick<Events, "timeline">;
};

/**
 * What a failed test prints of its ensemble, and of what it had in its namespace; writes the timeline. `test` names the test among
 * all of the run.
 */
export async function describeFailure(
  witness: Witness,
  test: string,
  namespace?: SharedNamespace,
): Promise<string> {
  const { id, seed, events } = witness;
  const replay = `seed ${seed}`;
  try {
    const status = await witness.status();
    const { peers, faults } = describeStatus(status);
    const isUp = status.peers.some(({ role }) => !downRoles.includes(role));
    const tree = namespace && isUp ? await describeTree(namespace) : undefined; // nobody would answer
    const timeline = await writeTimeline(events, test).catch(whyUnwritten);
    return block(id, { peers, faults, tree, replay, timeline });
  } catch (error) {
    if (codeOf(error) !== "ZKMS_CLOSED") throw error;
    return block(id, { peers: "closed by the test", replay });
  }
}

/** The same of an ensemble that another process has; by the words of its peers, where there is no control API. */
export async function describeSharedFailure(
  run: SharedRun,
  test: string,
  namespace: SharedNamespace | undefined,
): Promise<string> {
  const witness = witnessOf(run);
  if (witness !== undefined) {
    try {
      return await describeFailure(witness, test, namespace);
    } catch {
      // It may be closed by now: then the peers say so.
    }
  }
  const { servers } = parseConnectString(run.connectString);
  const peers = await Promise.all(servers.map(describeServer));
  return block(run.id ?? "shared", {
    peers: peers.join(" | "),
    tree: namespace && (await describeTree(namespace)),
    replay: run.seed && `seed ${run.seed}`,
  });
}

const whyUnwritten = (error: unknown): string => `cannot be written: ${codeOf(error) ?? error}`;

function block(ensemble: string, lines: Readonly<Record<string, string | undefined>>): string {
  const told = Object.entries(lines).flatMap(([name, text]) =>
    text === undefined ? [] : [`  ${name.padEnd(9)} ${text}`],
  );
  return [`ZooKeeper when this test failed (${ensemble})`, ...told].join("\n");
}

function describeStatus({ peers, faults, epoch }: EnsembleStatus): {
  readonly peers: string;
  readonly faults: string | undefined;
} {
  const told = peers.map(({ id, role, zxid, leader }) => {
    if (role === "stopped" || role === "crashed") return `${id} ${role}`;
    const following = leader === undefined || leader === id ? "" : ` of ${leader}`;
    return `${id} ${role}${role === "leader" ? ` of epoch ${epoch}` : following} zxid ${hex(zxid)}`;
  });
  return { peers: told.join(" | "), faults: faults.length > 0 ? faults.join(", ") : undefined };
}

async function describeServer({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<string> {
  const address = `${host}:${port}`;
  try {
    const answer = await askWord("srvr", { host, port, timeout: answerMs });
    const { mode, zxid } = /^Zxid: (?<zxid>\S+)\nMode: (?<mode>\S+)/m.exec(answer)?.groups ?? {};
    if (mode !== undefined) return `${address} ${mode} zxid ${zxid}`;
    return `${address} ${answer.trim().split("\n")[0] || "closed the connection"}`;
  } catch (error) {
    return `${address} does not answer: ${codeOf(error) ?? (error instanceof Error ? error.message : error)}`;
  }
}

async function describeTree(namespace: SharedNamespace): Promise<string> {
  try {
    return `${namespace.path} ${showTree(await namespace.dump())}`;
  } catch (error) {
    return `${namespace.path} cannot be read: ${codeOf(error) ?? error}`;
  }
}

function showTree(tree: TreeLiteral): string {
  const text = JSON.stringify(tree, (_, value: unknown) =>
    value instanceof Uint8Array ? `${value.byteLength} bytes` : value,
  );
  return text.length <= treeCharactersMax ? text : `${text.slice(0, treeCharactersMax)}…`;
}
