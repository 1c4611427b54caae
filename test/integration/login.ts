import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { responseOf } from "../../src/core/sasl/digest-md5.ts";
import type { RawClient } from "./runtime/raw-client.ts";

const realm = "zk-sasl-md5";
const uri = `zookeeper/${realm}`;

export function tokenOf(body: unknown): string | null {
  const { token } = body as { token: Uint8Array | null };
  return token && Buffer.from(token).toString();
}

/** A whole SASL exchange; the last reply's error, zxid and token. */
export async function login(
  client: RawClient,
  user: string,
  password: string,
): Promise<{ err: number; zxid: number; token: string | null }> {
  const challenge = await client.request(OpCode.sasl, { token: new Uint8Array(0) });
  const nonce = /nonce="([^"]+)"/.exec(tokenOf(challenge.body) ?? "")?.[1] ?? "";
  const cnonce = "c";
  const secret = { user, realm, password, nonce, cnonce, authzid: undefined };
  const response = responseOf(secret, `AUTHENTICATE:${uri}`);
  const token = `username="${user}",realm="${realm}",nonce="${nonce}",nc=00000001,cnonce="${cnonce}",digest-uri="${uri}",response=${response},qop=auth`;
  const { err, body, zxid } = await client.request(OpCode.sasl, { token: Buffer.from(token) });
  return { err, zxid, token: tokenOf(body) };
}
