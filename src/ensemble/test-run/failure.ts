import { parseConnectString } from "../../client/connect.ts";
import type { Ensemble, EnsembleStatus, TreeLiteral } from "../api.ts";
import type { Ms } from "../api-controls.ts";
import { codeOf } from "../errors.ts";
import { askWord } from "../four-letter-word.ts";
import { hex } from "../picture.ts";
import type { SharedNamespace } from "./shared-namespace.ts";
import type { SharedRun } from "./shared-run.ts";
import { writeTimeline } from "./timeline-files.ts";

/** How long a peer of the shared ensemble may take to say how it is. */
const answerMs: Ms = 500;
const treeCharactersMax = 400;

/** What a failed test prints of an ensemble that was its own; writes the timeline. `test` names the test among all of the run. */
export async function describeFailure(ensemble: Ensemble, test: string): Promise<string> {
  try {
    const { peers, faults } = describeStatus(await ensemble.status());
    return block(ensemble.id, {
      peers,
      faults,
      replay: `seed ${ensemble.seed}`,
      timeline: await writeTimeline(ensemble.events, test),
    });
  } catch (error) {
    if (codeOf(error) !== "ZKMS_CLOSED") throw error;
    return block(ensemble.id, { peers: "closed by the test", replay: `seed ${ensemble.seed}` });
  }
}

/** The same of an ensemble that others use too, and of what the test had in it. */
export async function describeSharedFailure(
  run: SharedRun,
  namespace: SharedNamespace | undefined,
): Promise<string> {
  const { servers } = parseConnectString(run.connectString);
  const peers = await Promise.all(servers.map(describeServer));
  return block(run.id ?? "shared", {
    peers: peers.join(" | "),
    tree: namespace && (await describeTree(namespace)),
    replay: run.seed && `seed ${run.seed}`,
  });
}

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
