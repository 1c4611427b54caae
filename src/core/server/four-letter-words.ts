import type { ConnectionId } from "../base/ids.ts";
import { formatSession, formatZxid, noSession, type SessionId } from "../base/ids.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { ConnectionFigures, PeerFigures } from "./figures.ts";
import { average, javaDate, javaDouble } from "./java-format.ts";
import { monitorFigures } from "./monitor.ts";

/** One word's answer; what `crst` and `srst` reset is the peer's part. */
type Answer = (figures: PeerFigures) => string;

/** Every word that is answered; a new one is a row here. */
const answers: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ["ruok", () => "imok"],
  ["srvr", (figures) => serverText(figures, "")],
  ["stat", (figures) => serverText(figures, clientsText(figures))],
  ["cons", (figures) => `${figures.connections.map(connectionLine).join("")}\n`],
  ["mntr", monitorText],
  ["conf", confText],
  ["isro", isReadOnly],
  ["envi", environmentText],
  ["dump", dumpText],
  ["wchs", watchSummary],
  ["wchc", watchesByConnection],
  ["wchp", watchesByPath],
  ["dirs", (f) => `datadir_size: ${f.dataDirSize}\nlogdir_size: ${f.logDirSize}\n`],
  ["crst", () => "Connection stats reset.\n"],
  ["srst", () => "Server stats reset.\n"],
  ["gtmk", () => "306"],
  ["stmk", () => ""],
  ["hash", ({ digests }) => digests.map((d) => `${d.zxid.toString(16)}: ${d.digest}\n`).join("")],
]);

/** Answered also by a peer that serves nobody. */
const alwaysAnswered: ReadonlySet<string> = new Set(["ruok", "envi", "gtmk", "stmk", "isro"]);

/** Whether the first four bytes of a connection are a word rather than a frame's length. */
export const isFourLetterWord = (word: string): boolean => answers.has(word);

/** The exact text that answers a word which `isFourLetterWord`; "*" allows all. */
export function answerWord(
  word: string,
  figures: PeerFigures,
  allowed: "*" | ReadonlySet<string>,
): string {
  return refusalOf(word, figures.serving, allowed) ?? answers.get(word)?.(figures) ?? "";
}

/** What a word gets instead of an answer; undefined: it is answered. */
export function refusalOf(
  word: string,
  serving: boolean,
  allowed: "*" | ReadonlySet<string>,
): string | undefined {
  if (allowed !== "*" && !allowed.has(word)) {
    return `${word} is not executed because it is not in the whitelist.\n`;
  }
  if (serving || alwaysAnswered.has(word)) return undefined;
  return `${notServing}${word === "hash" ? "" : "\n"}`;
}

export const notServing = "This ZooKeeper instance is not currently serving requests";

function isReadOnly({ serving, mode }: PeerFigures): string {
  if (!serving) return "null";
  return mode === "read-only" ? "ro" : "rw";
}

function serverText(figures: PeerFigures, clients: string): string {
  const { latency, mode, leader } = figures;
  const readOnly = mode === "read-only" ? "READ-ONLY mode; serving only read-only clients\n" : "";
  const sizes = leader?.proposalSize;
  return [
    `Zookeeper version: ${figures.version}\n${readOnly}${clients}`,
    `Latency min/avg/max: ${latency.min}/${averageText(figures)}/${latency.max}\n`,
    `Received: ${figures.received}\n`,
    `Sent: ${figures.sent}\n`,
    `Connections: ${figures.connections.length}\n`,
    `Outstanding: ${figures.outstanding}\n`,
    `Zxid: ${formatZxid(figures.lastZxid)}\n`,
    `Mode: ${mode}\n`,
    `Node count: ${figures.tree.nodeCount}\n`,
    sizes === undefined
      ? ""
      : `Proposal sizes last/min/max: ${sizes.last}/${sizes.min}/${sizes.max}\n`,
  ].join("");
}

const averageText = ({ latency }: PeerFigures): string =>
  javaDouble(average(latency.total, latency.count));

function clientsText({ connections }: PeerFigures): string {
  const lines = connections.map((connection) => `${briefLine(connection)})\n`);
  return `Clients:\n${lines.join("")}\n`;
}

const briefLine = (c: ConnectionFigures): string =>
  ` /${c.address}:${c.port}[${c.interest.toString(16)}](queued=${c.queued},recved=${c.received},sent=${c.sent}`;

function connectionLine(c: ConnectionFigures): string {
  if (c.session === noSession) return `${briefLine(c)})\n`;
  const { latency } = c;
  const fields = [
    `sid=${formatSession(c.session)}`,
    `lop=${lastOperation(c.lastOp)}`,
    `est=${c.establishedAt}`,
    `to=${c.timeout}`,
    ...(c.lastXid < 0 ? [] : [`lcxid=0x${c.lastXid.toString(16)}`]),
    `lzxid=${formatZxid(c.lastZxid)}`,
    `lresp=${c.lastResponseAt}`,
    `llat=${c.lastLatency}`,
    `minlat=${latency.min}`,
    `avglat=${latency.count === 0 ? 0 : Math.floor(latency.total / latency.count)}`,
    `maxlat=${latency.max}`,
  ];
  return `${briefLine(c)},${fields.join(",")})\n`;
}

/** The names of FinalRequestProcessor. */
const operationNames: ReadonlyMap<number, string> = new Map<number, string>([
  [OpCode.createSession, "SESS"],
  [OpCode.closeSession, "CLOS"],
  [OpCode.ping, "PING"],
  [OpCode.create, "CREA"],
  [OpCode.create2, "CREA"],
  [OpCode.createContainer, "CREA"],
  [OpCode.createTtl, "CREA"],
  [OpCode.delete, "DELE"],
  [OpCode.deleteContainer, "DELE"],
  [OpCode.setData, "SETD"],
  [OpCode.getData, "GETD"],
  [OpCode.exists, "EXIS"],
  [OpCode.getChildren, "GETC"],
  [OpCode.getChildren2, "GETC"],
  [OpCode.getAllChildrenNumber, "GETACN"],
  [OpCode.getAcl, "GETA"],
  [OpCode.setAcl, "SETA"],
  [OpCode.sync, "SYNC"],
  [OpCode.multi, "MULT"],
  [OpCode.multiRead, "MLTR"],
  [OpCode.check, "CHEC"],
  [OpCode.reconfig, "RECO"],
  [OpCode.setWatches, "SETW"],
  [OpCode.setWatches2, "STW2"],
  [OpCode.addWatch, "ADDW"],
  [OpCode.checkWatches, "CHKW"],
  [OpCode.removeWatches, "REMW"],
  [OpCode.whoAmI, "HOMI"],
  [OpCode.getEphemerals, "GETE"],
]);

export const lastOperation = (op: number | undefined): string =>
  (op === undefined ? undefined : operationNames.get(op)) ?? "NA";

function monitorText(figures: PeerFigures): string {
  const lines = monitorFigures(figures);
  return lines.map(([key, value]) => `zk_${key}\t${value}\n`).join("");
}

function confText({ conf, dataDirSize, logDirSize }: PeerFigures): string {
  const { quorum } = conf;
  const lines = [
    `clientPort=${conf.clientPort}`,
    `secureClientPort=${conf.secureClientPort}`,
    `dataDir=${conf.dataDir}`,
    `dataDirSize=${dataDirSize}`,
    `dataLogDir=${conf.dataLogDir}`,
    `dataLogSize=${logDirSize}`,
    `tickTime=${conf.tickTime}`,
    `maxClientCnxns=${conf.maxClientCnxns}`,
    `minSessionTimeout=${conf.minSessionTimeout}`,
    `maxSessionTimeout=${conf.maxSessionTimeout}`,
    "clientPortListenBacklog=-1",
    `serverId=${conf.serverId}`,
  ];
  if (quorum === undefined) return `${lines.join("\n")}\n`;
  lines.push(
    `initLimit=${quorum.initLimit}`,
    `syncLimit=${quorum.syncLimit}`,
    "electionAlg=3",
    `electionPort=${quorum.electionPort}`,
    `quorumPort=${quorum.quorumPort}`,
    `peerType=${quorum.observer ? 1 : 0}`,
  );
  if (quorum.membership === undefined) return `${lines.join("\n")}\n`;
  return [...lines, "membership: ", quorum.membership].join("\n");
}

function environmentText({ environment }: PeerFigures): string {
  const lines = environment.map(([key, value]) => `${key}=${value}\n`);
  return `Environment:\n${lines.join("")}`;
}

function dumpText(figures: PeerFigures): string {
  const { ephemerals } = figures.tree;
  const owners = [...ephemerals].map(([session, paths]) => {
    const lines = [...paths].map((path) => `\t${path}\n`);
    return `${formatSession(session)}:\n${lines.join("")}`;
  });
  return [
    `SessionTracker dump:\n${sessionsText(figures)}`,
    `ephemeral nodes dump:\nSessions with Ephemerals (${ephemerals.size}):\n${owners.join("")}`,
    `Connections dump:\n${connectionsText(figures)}`,
  ].join("");
}

function sessionsText({ expiries, localSessions, tree, wallOffset }: PeerFigures): string {
  const sets = (expiring: ReadonlyMap<number, readonly SessionId[]>): string => {
    const named = [...expiring].map(
      ([at, ids]) => [at, ids.map((id) => formatSession(id))] as const,
    );
    return `Session ${bucketsText(new Map(named), wallOffset)}`;
  };
  const local = localSessions === undefined ? "" : `Local ${sets(localSessions)}`;
  if (expiries !== undefined) {
    return `${local}${local === "" ? "" : "Global "}${sets(expiries)}`;
  }
  const lines = [...tree.sessions]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([session, timeout]) => `${formatSession(session)}\t${timeout}ms\n`);
  return `${local}Global Sessions(${lines.length}):\n${lines.join("")}`;
}

/** Apache closes silent sockets in steps (`nio.sessionlessCnxnTimeout`), and groups them so here. */
function connectionsText({ connections, wallOffset, muteIntervalMs }: PeerFigures): string {
  const buckets = new Map<number, string[]>();
  for (const c of connections) {
    const last = c.lastResponseAt + c.timeout;
    const at = (Math.floor(last / muteIntervalMs) + 1) * muteIntervalMs;
    const line = `ip: /${c.address}:${c.port} sessionId: ${formatSession(c.session)}`;
    const bucket = buckets.get(at);
    if (bucket === undefined) buckets.set(at, [line]);
    else bucket.push(line);
  }
  return `Connections ${bucketsText(buckets, wallOffset)}`;
}

/** ExpiryQueue.dump */
function bucketsText(buckets: ReadonlyMap<number, readonly string[]>, wallOffset: number): string {
  const sorted = [...buckets].sort(([left], [right]) => left - right);
  const total = sorted.reduce((sum, [, items]) => sum + items.length, 0);
  const texts = sorted.map(([at, items]) => {
    const lines = items.map((item) => `\t${item}\n`);
    return `${items.length} expire at ${javaDate(at + wallOffset)}:\n${lines.join("")}`;
  });
  return `Sets (${sorted.length})/(${total}):\n${texts.join("")}`;
}

// The three words on watches know the data table only, as in Apache.

function watchSummary({ watches: { data } }: PeerFigures): string {
  const { connectionCount, pathCount, count } = data;
  return `${connectionCount} connections watching ${pathCount} paths\nTotal watches:${count}\n`;
}

function watchesByConnection(figures: PeerFigures): string {
  const { data } = figures.watches;
  const sessionOf = sessionsByConnection(figures);
  const texts = data.connections().map((connection) => {
    const lines = data.pathsOf(connection).map((path) => `\t${path}\n`);
    return `${formatSession(sessionOf(connection))}\n${lines.join("")}`;
  });
  return `${texts.join("")}\n`;
}

function watchesByPath(figures: PeerFigures): string {
  const { data } = figures.watches;
  const sessionOf = sessionsByConnection(figures);
  const texts = data.paths().map((path) => {
    const lines = data.watchersOf(path).map((id) => `\t${formatSession(sessionOf(id))}\n`);
    return `${path}\n${lines.join("")}`;
  });
  return `${texts.join("")}\n`;
}

function sessionsByConnection({ connections }: PeerFigures): (id: ConnectionId) => SessionId {
  const sessions = new Map(connections.map((connection) => [connection.id, connection.session]));
  return (id) => sessions.get(id) ?? noSession;
}
