import type { Role } from "../ensemble/api-controls.ts";
import type { CommandLine } from "./run-peer.ts";

/** A peer that `startPeer` runs. */
export interface RunningPeer extends AsyncDisposable {
  /** Where a reconfiguration has moved it by now; 0: it has none. */
  readonly clientPort: number;
  role(): Promise<Role>;
}

export interface StartPeerOptions {
  /** Path of a zoo.cfg. */
  readonly config: string;
  /**
   * Path of a JAAS login configuration, as Java's property java.security.auth.login.config names it: users of clients' SASL in the
   * section `Server`, and of `quorum.auth.enableSasl` in `QuorumServer` and `QuorumLearner`.
   */
  readonly loginConfig?: string;
  /**
   * Path of the krb5.conf of peers that know each other by Kerberos, as Java's property java.security.krb5.conf names it. Default: what
   * KRB5_CONFIG names in the environment, else /etc/krb5.conf.
   */
  readonly krb5Config?: string;
  /** Stops the peer when it is aborted. */
  readonly signal?: AbortSignal;
}

const library: Omit<CommandLine, "loginConfig"> = {
  warn: (text) => process.emitWarning(text, "ZkmsWarning"),
  failed: (error) => process.emitWarning(`the peer stopped: ${error}`, "ZkmsWarning"),
};

/**
 * Runs one peer as Apache's QuorumPeerMain would run it, from a zoo.cfg: fixed ports, Apache's defaults. Resolves when it listens
 * and looks for its fellows. Throws ZKMS_BAD_OPTIONS with the file and the line, ZKMS_PORT_IN_USE.
 *
 * ```ts
 * await using peer = await startPeer({ config: "conf/zoo.cfg" });
 * ```
 */
export async function startPeer(options: StartPeerOptions): Promise<RunningPeer> {
  const { config, loginConfig, krb5Config, signal } = options;
  signal?.throwIfAborted();
  const [{ readZooCfg }, { runPeer }] = await Promise.all([
    import("./zoo-cfg.ts"),
    import("./run-peer.ts"),
  ]);
  return await runPeer(readZooCfg(config), { ...library, loginConfig, krb5Config }, signal);
}
