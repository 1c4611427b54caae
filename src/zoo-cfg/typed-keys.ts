/**
 * Keys of a zoo.cfg that Apache's reader takes for a number or for true or false, whatever becomes of them here: one that is neither
 * keeps its server from starting (`QuorumPeerConfig.parseProperties`).
 */
const flags: ReadonlySet<string> = new Set([
  "jvm.pause.monitor",
  "localSessionsEnabled",
  "localSessionsUpgradingEnabled",
  "multiAddress.enabled",
  "multiAddress.reachabilityCheckEnabled",
  "portUnification",
  "quorum.auth.enableSasl",
  "quorum.auth.learnerRequireSasl",
  "quorum.auth.serverRequireSasl",
  "quorumListenOnAllIPs",
  "reconfigEnabled",
  "sslQuorum",
  "sslQuorumReloadCertFiles",
  "standaloneEnabled",
  "syncEnabled",
]);
const numbers: ReadonlySet<string> = new Set([
  "autopurge.purgeInterval",
  "autopurge.snapRetainCount",
  "clientPortListenBacklog",
  "connectToLearnerMasterLimit",
  "electionAlg",
  "initLimit",
  "jvm.pause.info-threshold.ms",
  "jvm.pause.sleep.time.ms",
  "jvm.pause.warn-threshold.ms",
  "maxClientCnxns",
  "maxSessionTimeout",
  "minSessionTimeout",
  "multiAddress.reachabilityCheckTimeoutMs",
  "observerMasterPort",
  "quorum.cnxn.threads.size",
  "syncLimit",
  "tickTime",
]);

/** Why Apache does not start with this value; undefined: it does. */
export function flawOf(key: string, value: string): string | undefined {
  if (flags.has(key) && !/^(true|false)$/i.test(value)) return "is neither true nor false";
  if (numbers.has(key) && !/^[+-]?\d{1,15}$/.test(value)) return "is no whole number";
  if (key === "electionAlg" && Number(value) !== 3) return "is no election that there is, 3";
  if (key === "peerType" && !/^(participant|observer)$/i.test(value)) {
    return "is neither participant nor observer";
  }
  return undefined;
}

const snapshotsMin = 3;

/** The value as Apache goes on with it; undefined: as if the key were not there. */
export function meantBy(key: string, value: string): string | undefined {
  if (!numbers.has(key)) return value;
  const number = Number(value);
  if (key === "autopurge.snapRetainCount") return String(Math.max(snapshotsMin, number));
  if (key === "maxClientCnxns") return String(Math.max(0, number)); // below 0 is no limit either
  if (number === -1 && /^m(in|ax)SessionTimeout$/.test(key)) return undefined;
  return String(number);
}
