import type { Sid } from "../core/base/ids.ts";
import { StorageError } from "../runtime/disk/storage-error.ts";
import { PortError } from "../runtime/port-error.ts";

/** Why a peer stopped that nobody stopped, as errors and events tell it. */
interface PeerFailure {
  readonly code: "ZKMS_STORAGE" | "ZKMS_PORT_IN_USE" | "ZKMS_ENGINE";
  readonly text: string;
  readonly detail: string;
  /** In a word or two. */
  readonly why: string;
  readonly hint: string;
}

export function failureOf(sid: Sid, error: unknown): PeerFailure {
  if (error instanceof StorageError) {
    return {
      code: "ZKMS_STORAGE",
      text: `peer ${sid} stopped because of its files`,
      detail: error.message,
      why: "its files",
      hint: "start it again when they can be written",
    };
  }
  if (error instanceof PortError) {
    return {
      code: "ZKMS_PORT_IN_USE",
      text: `peer ${sid} stopped because of its election port`,
      detail: error.message,
      why: "its election port",
      hint: "start it again when the port is free, or give it another by a reconfiguration",
    };
  }
  return {
    code: "ZKMS_ENGINE",
    text: `peer ${sid} stopped because of a bug in zookeeper-memory-server`,
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
    why: "a bug",
    hint: "report it, with the seed",
  };
}
