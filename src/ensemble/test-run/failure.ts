import { parseConnectString } from "../../client/connect.ts";
import type { Ensemble, EnsembleStatus } from "../api.ts";
import type { Events, Ms, Role } from "../api-controls.ts";
import { codeOf } from "../errors.ts";
import { askWord } from "../four-letter-word.ts";
import { hex } from "../picture.ts";
import { nodesOf } from "../tree-literal.ts";
import { witnessOf } from "./remote-witness.ts";
import type { SharedNamespace } from "./shared-namespace.ts";
import type { SharedRun } from "./shared-run.ts";
import { writeTimeline } from "./timeline-files.ts";

/** How long a peer of the shared ensemble may take to say how it is. */
const answerMs: Ms = 500;
const nodesShownMax = 12;
/** In characters. */
const dataShownMax = 50;
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
  const replay = [`seed ${seed}`];
  try {
    const status = await witness.status();
    const { peers, faults } = status;
    const isUp = peers.some(({ role }) => !downRoles.includes(role));
    const tree = namespace && isUp ? await describeTree(namespace) : []; // nobody would answer
    const timeline = await writeTimeline(events, test).catch(whyUnwritten);
    return block(id, { peers: describePeers(status), faults, tree, replay, timeline });
  } catch (error) {
    if (codeOf(error) !== "ZKMS_CLOSED") throw error;
    return block(id, { peers: ["closed by the test"], replay });
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
    peers: aligned(peers),
    tree: namespace === undefined ? [] : await describeTree(namespace),
    replay: run.seed === undefined ? [] : [`seed ${run.seed}`],
  });
}

const whyUnwritten = (error: unknown): string[] => [`cannot be written: ${codeOf(error) ?? error}`];

/** Each name stands beside its first line, the others below that; one without lines is left out. */
function block(ensemble: string, told: Readonly<Record<string, readonly string[]>>): string {
  const lines = Object.entries(told).flatMap(([name, texts]) =>
    texts.map((text, index) => `  ${(index === 0 ? name : "").padEnd(9)} ${text}`),
  );
  return [`ZooKeeper when this test failed (${ensemble})`, ...lines].join("\n");
}

/** Rows in columns, each as wide as its widest cell. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widthOf = (column: number): number =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widthOf(column)));
    return cells.join(" ").trimEnd();
  });
}

/** A line for each peer. */
function describePeers({ peers, epoch }: EnsembleStatus): string[] {
  return aligned(
    peers.map(({ id, role, zxid, leader }) => {
      if (role === "stopped" || role === "crashed") return [String(id), role];
      const following = leader === undefined || leader === id ? "" : ` of ${leader}`;
      const whose = role === "leader" ? ` of epoch ${epoch}` : following;
      return [String(id), `${role}${whose}`, `zxid ${hex(zxid)}`];
    }),
  );
}

async function describeServer({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<string[]> {
  const address = `${host}:${port}`;
  try {
    const answer = await askWord("srvr", { host, port, timeout: answerMs });
    const { mode, zxid } = /^Zxid: (?<zxid>\S+)\nMode: (?<mode>\S+)/m.exec(answer)?.groups ?? {};
    if (mode !== undefined) return [address, mode, `zxid ${zxid}`];
    return [address, answer.trim().split("\n")[0] || "closed the connection"];
  } catch (error) {
    const why = codeOf(error) ?? (error instanceof Error ? error.message : error);
    return [address, `does not answer: ${why}`];
  }
}

/** A line for each znode, with the paths that its clients see. */
async function describeTree(namespace: SharedNamespace): Promise<string[]> {
  try {
    const nodes = nodesOf(await namespace.dump(), "/");
    if (nodes.length === 0) return [`${namespace.path}, which is empty`];
    const shown = nodes.slice(0, nodesShownMax).map(({ path, data }) => {
      return data === undefined ? `  ${path}` : `  ${path} ${showData(data)}`;
    });
    const left = nodes.length - shown.length;
    return [namespace.path, ...shown, ...(left > 0 ? [`  and ${left} more`] : [])];
  } catch (error) {
    return [`${namespace.path} cannot be read: ${codeOf(error) ?? error}`];
  }
}

function showData(data: string | Uint8Array | null): string {
  if (data instanceof Uint8Array) return `${data.byteLength} bytes`;
  const isLong = data !== null && data.length > dataShownMax;
  return isLong ? `${JSON.stringify(data.slice(0, dataShownMax))}…` : JSON.stringify(data);
}
