import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ZkmsError } from "../ensemble/errors.ts";

/** What is answered to a request that never comes to a verb. */
export class Refusal {
  readonly status: number;
  readonly error: ZkmsError;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    what: string,
    { hint, headers = {} }: { readonly hint?: string; readonly headers?: Refusal["headers"] } = {},
  ) {
    this.status = status;
    this.error = new ZkmsError("ZKMS_CONTROL", what, { hint });
    this.headers = headers;
  }
}

/** As browsers and other clients name this machine to itself. */
const loopbackNames: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Keeps out who has no token, and every web page: one that a browser shows names its own Host when its name is made to lead here
 * (DNS rebinding), or sends its Origin.
 */
export function refusalOf(
  { headers, method }: IncomingMessage,
  { port, token }: { readonly port: number; readonly token: string },
): Refusal | undefined {
  const { host, origin, authorization } = headers;
  if (!loopbackNames.some((name) => host === `${name}:${port}`)) {
    return new Refusal(403, `Host ${JSON.stringify(host)} is not this machine`, {
      hint: `http://127.0.0.1:${port}`,
    });
  }
  if (origin !== undefined) {
    return new Refusal(403, `requests from web pages are refused: Origin ${origin}`);
  }
  const given = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  if (given === undefined || !isSame(given, token)) {
    const what = given === undefined ? "there is no token" : "the token is another one";
    return new Refusal(401, what, {
      hint: "Authorization: Bearer TOKEN, with ensemble.controlToken",
      headers: { "www-authenticate": "Bearer" },
    });
  }
  if (method === "POST" && !/^application\/json(;|$)/i.test(headers["content-type"] ?? "")) {
    return new Refusal(415, "a POST carries JSON", { hint: "Content-Type: application/json" });
  }
  return undefined;
}

/** In a time that says nothing of how much is right. */
function isSame(given: string, token: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}
