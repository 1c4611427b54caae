// Keys that Apache knows and that change nothing here, without their "zookeeper." in front.

/** About threads, files and buffers that a peer here does not have: nobody can tell the difference. */
export const mootKeys: readonly string[] = [
  "audit.enable",
  "client.portUnification",
  "clientPortListenBacklog",
  "clientTcpKeepAlive",
  "cnxTimeout",
  "commitLogCount",
  "commitProcessor.maxReadBatchSize",
  "commitProcessor.numWorkerThreads",
  "connectToLearnerMasterLimit",
  "electionAlg",
  "fips-mode",
  "flushDelay",
  "forceSync",
  "fsync.warningthresholdms",
  "jute.maxbuffer.extrasize",
  "jvm.pause.info-threshold.ms",
  "jvm.pause.monitor",
  "jvm.pause.sleep.time.ms",
  "jvm.pause.warn-threshold.ms",
  "leader.closeSocketAsync",
  "learner.asyncSending",
  "learner.closeSocketAsync",
  "maxBatchSize",
  "maxGetChildrenResponseCacheSize",
  "maxResponseCacheSize",
  "maxWriteQueuePollTime",
  "nio.directBufferBytes",
  "nio.numSelectorThreads",
  "nio.numWorkerThreads",
  "nio.shutdownTimeout",
  "observer.reconnectDelayMs",
  "quorum.cnxn.threads.size",
  "request_throttler.shutdownTimeout",
  "serializeLastProcessedZxid.enabled",
  "serverCnxnFactory",
  "snapSizeLimitInKb",
  "snapshot.compression.method",
  "standaloneEnabled",
  "snapsync",
  "syncEnabled",
  "txnLogSizeLimitInKb",
];

/** They ask for what is not built. */
export const lackingKeys: readonly string[] = [
  "IPAuthenticationProvider.usexforwardedfor",
  "admin.forceHttps",
  "closeSessionTxn.enabled",
  "digest.enabled",
  "emulate353TTLNodes",
  "enableEagerACLCheck",
  "leaderServes",
  "metricsProvider.className",
  "observerMasterPort",
  "oraclePath",
  "security.auth_to_local",
  "sslQuorumReloadCertFiles",
  "watchManagerName",
];

/**
 * Families of keys that ask for what is not built: TLS from Java's keystores, Kerberos, several addresses, and SASL between peers
 * where they are not a zoo.cfg's.
 */
export const isOfLackingFamily = (key: string): boolean =>
  /^(ssl|kerberos|metricsProvider|multiAddress|quorum\.auth)\./.test(key);
