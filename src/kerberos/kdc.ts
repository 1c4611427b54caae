import { randomInt } from "node:crypto";
import { connect } from "node:net";
import { reasonsOf } from "../core/base/reasons.ts";
import type { EncryptionKey } from "./encryption.ts";
import { KerberosError } from "./kerberos-error.ts";
import type { KdcAddress, Krb5Conf } from "./krb5-conf.ts";
import { asReq, type Credential, readGrant, type Stamp, tgsReq } from "./messages.ts";
import type { Principal } from "./principal.ts";

const answerMsMax = 10_000;
const answerBytesMax = 1024 * 1024;

/** Of now, in milliseconds since 1970, with numbers that are one message's alone. */
export const stampAt = (at: number): Stamp => ({
  at,
  microseconds: (at % 1000) * 1000 + randomInt(1000),
  nonce: randomInt(1, 2 ** 31 - 1),
});

/** The ticket that tickets are granted for. Throws KerberosError, and KdcRefusal where the KDC says no. */
export async function logIn(
  conf: Krb5Conf,
  { client, key }: { readonly client: Principal; readonly key: EncryptionKey },
  now: number,
): Promise<Credential> {
  const { realm } = client;
  const server = { parts: ["krbtgt", realm], realm };
  const stamp = stampAt(now);
  const answer = await ask(conf, realm, asReq({ client, server }, key, stamp));
  return readGrant(answer, "as", { key, nonce: stamp.nonce, client, server });
}

/** A ticket for a server. Throws as `logIn` does. */
export async function ticketFor(
  conf: Krb5Conf,
  { server, granting }: { readonly server: Principal; readonly granting: Credential },
  now: number,
): Promise<Credential> {
  const stamp = stampAt(now);
  const answer = await ask(conf, server.realm, tgsReq(server, granting, stamp));
  const { client, sessionKey: key } = granting;
  return readGrant(answer, "tgs", { key, nonce: stamp.nonce, client, server });
}

/** The first KDC that answers counts. */
async function ask(conf: Krb5Conf, realm: string, question: Uint8Array): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const address of conf.kdcsOf(realm)) {
    try {
      return await askOne(address, question);
    } catch (error) {
      failures.push(`${address.host}:${address.port} (${reasonsOf(error)})`);
    }
  }
  const whom = failures.join(", ");
  throw new KerberosError(`no KDC of realm ${realm} answers: ${whom}`, {
    hint: `a KDC that listens on TCP, at a kdc = host:port in [realms] of ${conf.file}`,
  });
}

/** Over TCP: a length, then the message (RFC 4120, 7.2.2). */
function askOne({ host, port }: KdcAddress, question: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: answerMsMax });
    let answer = Buffer.alloc(0);
    const end = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.on("error", end);
    socket.on("timeout", () => end(new Error(`no answer in ${answerMsMax} ms`)));
    socket.on("close", () => end(new Error("it closes the connection")));
    socket.on("data", (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 4) return;
      const length = answer.readUInt32BE(0);
      if (length > answerBytesMax) return end(new Error(`an answer of ${length} bytes`));
      if (answer.length < 4 + length) return;
      resolve(answer.subarray(4, 4 + length));
      socket.destroy();
    });
    const head = Buffer.alloc(4);
    head.writeUInt32BE(question.length);
    socket.write(Buffer.concat([head, question]));
  });
}
