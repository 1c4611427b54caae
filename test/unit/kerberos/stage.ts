import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  application,
  bits,
  fields,
  integer,
  list,
  octets,
  text,
  time,
} from "../../../src/kerberos/der.ts";
import { type EncryptionKey, encrypt, KeyUsage } from "../../../src/kerberos/encryption.ts";
import type { Acceptor } from "../../../src/kerberos/gssapi-exchange.ts";
import { Keytab } from "../../../src/kerberos/keytab.ts";
import type { Credential } from "../../../src/kerberos/messages.ts";
import { type Principal, principalOf } from "../../../src/kerberos/principal.ts";
import { ReplayCache } from "../../../src/kerberos/replay-cache.ts";

export const realm = "ZKMS.TEST";
export const now = Date.UTC(2026, 0, 1, 12);
export const minutes = 60_000;

export const keyOf = (byte: number, type = 18): EncryptionKey => ({
  type,
  value: new Uint8Array(type === 17 ? 16 : 32).fill(byte),
});
export const serviceKey = keyOf(7);
export const sessionKey = keyOf(9);

const counted = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

export interface Entry {
  readonly name: string;
  readonly key: EncryptionKey;
  readonly version?: number;
}

/** A keytab file as kadmin writes it, a hole in front of the entries. */
export function keytabBytes(...entries: readonly Entry[]): Uint8Array {
  const written = entries.map(({ name, key, version = 2 }) => {
    const { parts } = principalOf(name, realm);
    const body = Buffer.concat([
      Uint8Array.of(0, parts.length),
      counted(Buffer.from(realm)),
      ...parts.map((part) => counted(Buffer.from(part))),
      long(1), // the kind of name
      long(0), // when it was written
      Uint8Array.of(version & 0xff, 0, key.type),
      counted(key.value),
      long(version),
    ]);
    return Buffer.concat([long(body.length), body]);
  });
  return Buffer.concat([Uint8Array.of(5, 2), long(-3), new Uint8Array(3), ...written]);
}

/** The text without the folder that the file stands in. */
export function fileWith(content: string | Uint8Array): string {
  const dir = mkdtempSync(join(tmpdir(), "zkms-kerberos-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "file");
  writeFileSync(file, content);
  return file;
}

export function acceptor(changes: Partial<Acceptor> = {}): Acceptor {
  return {
    principal: principalOf("zkquorum/host", realm),
    keytab: Keytab.read(fileWith(keytabBytes({ name: "zkquorum/host", key: serviceKey }))),
    clockSkewMs: 5 * minutes,
    hosts: new Set(["host", "other"]),
    replays: new ReplayCache(),
    now: () => now,
    ...changes,
  };
}

export interface Granted {
  readonly client?: string;
  readonly server?: string;
  readonly key?: EncryptionKey;
  readonly sessionKey?: EncryptionKey;
  readonly keyVersion?: number;
  readonly startTime?: number;
  readonly endTime?: number;
  /** 0x01000000 is the one of a ticket that is not valid yet. */
  readonly flags?: number;
}

export const nameOf = ({ parts }: Principal): Uint8Array =>
  fields({ 0: integer(1), 1: list(...parts.map(text)) });

/** What a KDC would grant. */
export function grant(granted: Granted = {}): Credential {
  const client = principalOf(granted.client ?? "zkquorum/other", realm);
  const server = principalOf(granted.server ?? "zkquorum/host", realm);
  const { key = serviceKey, keyVersion = 2, flags = 0 } = granted;
  const { startTime = now - minutes, endTime = now + 60 * minutes } = granted;
  const inner = granted.sessionKey ?? sessionKey;
  const inside = application(
    3,
    fields({
      0: bits(flags),
      1: fields({ 0: integer(inner.type), 1: octets(inner.value) }),
      2: text(client.realm),
      3: nameOf(client),
      4: fields({ 0: integer(0), 1: octets(new Uint8Array(0)) }),
      5: time(startTime),
      6: time(startTime),
      7: time(endTime),
    }),
  );
  const ticket = application(
    1,
    fields({
      0: integer(5),
      1: text(realm),
      2: nameOf(server),
      3: fields({
        0: integer(key.type),
        1: integer(keyVersion),
        2: octets(encrypt(key, KeyUsage.ticket, inside)),
      }),
    }),
  );
  return { client, server, ticket, sessionKey, startTime, endTime };
}
