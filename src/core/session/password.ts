import type { SessionId } from "../base/ids.ts";

const multiplier = 0x5deece66dn;
const superSecret = 0xb3415c00n;

/**
 * The password that goes with a session: 16 bytes of java.util.Random seeded with the id (ZooKeeperServer.generatePasswd). No
 * secret, but every server of an ensemble must compute the same, so that sessions can move.
 */
export function sessionPassword(session: SessionId): Uint8Array {
  const password = new Uint8Array(16);
  const view = new DataView(password.buffer);
  let state = BigInt.asUintN(48, session ^ superSecret ^ multiplier);
  for (let at = 0; at < password.length; at += 4) {
    state = BigInt.asUintN(48, state * multiplier + 0xbn);
    view.setUint32(at, Number(state >> 16n), true);
  }
  return password;
}

export function passwordMatches(session: SessionId, password: Uint8Array | null): boolean {
  if (session === 0n || password === null || password.length !== 16) return false;
  return sessionPassword(session).every((byte, i) => byte === password[i]);
}
