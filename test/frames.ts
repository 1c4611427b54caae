// What the tests that speak the protocol themselves write.
import { noSession, zxidOf } from "../src/core/base/ids.ts";
import { Writer } from "../src/core/jute/writer.ts";
import type { ConnectRequest } from "../src/core/protocol/connect.ts";

/** A frame: the length of what is written, then that. */
export function framed(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  const at = writer.beginFrame();
  write(writer);
  writer.endFrame(at);
  return writer.copy();
}

/** Asks for a session of ten seconds. */
export const newSession: ConnectRequest = {
  protocolVersion: 0,
  lastZxidSeen: zxidOf(0),
  timeout: 10_000,
  session: noSession,
  password: new Uint8Array(16),
  readOnly: false,
};
