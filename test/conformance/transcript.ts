// What came back, as text that both engines must give letter by letter. zxids count from the start of a story ("@0" is the
// transaction before its first step), times and session ids are masked, unordered lists are sorted.
import { noSession, type SessionId } from "../../src/core/base/ids.ts";
import { errorName } from "../../src/core/protocol/error-codes.ts";
import { OpCode, opName } from "../../src/core/protocol/op-codes.ts";
import { type Acl, type Stat, WatchEventType } from "../../src/core/protocol/records.ts";
import type { MultiResult, Reply } from "../../src/core/protocol/replies.ts";
import type { Frame } from "./raw-client.ts";

export interface Masks {
  readonly base: number;
  /** What is older than the beginning has no number: it may be of another run. */
  readonly hidesPast?: boolean;
  /** The story's folder, shown as "$". */
  readonly folder: string;
  /** Lists of ACLs are shown sorted: "auth" stands for the caller's identities in no fixed order. */
  readonly sortsAcls?: boolean;
  /** Names of the sessions. */
  readonly sessions: ReadonlyMap<SessionId, string>;
}

const eventNames: ReadonlyMap<number, string> = new Map(
  Object.entries(WatchEventType).map(([name, type]) => [type, name]),
);

export class Transcript {
  readonly #masks: Masks;

  constructor(masks: Masks) {
    this.#masks = masks;
  }

  line(frame: Frame): string {
    switch (frame.kind) {
      case "closed":
        return "closed";
      case "event": {
        const { type, state, path } = frame.event;
        const name = eventNames.get(type) ?? `type ${type}`;
        const zxid = frame.zxid === -1 ? "" : ` ${this.#zxid(frame.zxid)}`;
        return `${name} ${this.#path(path)}${zxid}${state === 3 ? "" : ` in state ${state}`}`;
      }
      case "reply":
        return this.reply(frame.reply, frame.bytes);
    }
  }

  reply(reply: Reply, bytes: number): string {
    const head = `${reply.err === 0 ? "ok" : errorName(reply.err)} ${this.#zxid(reply.zxid)}`;
    if (reply.err === 0) return `${head}${this.#body(reply)}`;
    const more = reply.body === undefined ? "" : this.#body(reply);
    return `${head}${more}${bytes > 16 && more === "" ? ` and ${bytes - 16} bytes` : ""}`;
  }

  stat(stat: Stat): string {
    const owner = this.#masks.sessions.get(stat.ephemeralOwner) ?? "another";
    const fields = [
      `c${this.#zxid(stat.czxid)}`,
      `m${this.#zxid(stat.mzxid)}`,
      `p${this.#zxid(stat.pzxid)}`,
      ...part("v", stat.version),
      ...part("cv", stat.cversion),
      ...part("av", stat.aversion),
      ...(stat.ephemeralOwner === noSession ? [] : [`owner=${owner}`]),
      ...part("len", stat.dataLength),
      ...part("n", stat.numChildren),
      ...(stat.mtime < stat.ctime && stat.ctime > 0 ? ["modified before it was created"] : []),
      ...(stat.mzxid === stat.czxid && stat.mtime !== stat.ctime ? ["with two times"] : []),
    ];
    return `{${fields.join(" ")}}`;
  }

  #body({ type, body }: Reply): string {
    if (body === undefined) return "";
    const parts: string[] = [];
    if ("path" in body) parts.push(body.path === null ? "null" : this.#path(body.path));
    if ("data" in body) parts.push(dataText(body.data));
    if ("acl" in body) {
      const entries = body.acl.map(aclText);
      if (this.#masks.sortsAcls) entries.sort();
      parts.push(`[${entries.join(", ")}]`);
    }
    if ("children" in body) parts.push(this.#names(body.children));
    if ("value" in body) parts.push(String(body.value));
    if ("token" in body) parts.push(`token ${dataText(body.token)}`);
    if ("stat" in body) parts.push(this.stat(body.stat));
    if ("clients" in body) {
      const clients = body.clients.map(({ scheme, user }) => `${scheme}:${user}`);
      parts.push(`[${clients.sort().join(", ")}]`);
    }
    if ("results" in body) {
      const results = body.results.map((result) => this.#result(result));
      parts.push(`[${results.join("; ")}]`);
    }
    const text = parts.map((part) => ` ${part}`).join("");
    return type === OpCode.error ? "" : text;
  }

  #result(result: MultiResult): string {
    if (result.type === OpCode.error) return result.err === 0 ? "undone" : errorName(result.err);
    const parts = [opName(result.type)];
    if ("path" in result) parts.push(this.#path(result.path));
    if ("data" in result) parts.push(dataText(result.data));
    if ("children" in result) parts.push(this.#names(result.children));
    if ("stat" in result) parts.push(this.stat(result.stat));
    return parts.join(" ");
  }

  #names(names: readonly string[]): string {
    return `[${names
      .map((name) => this.#path(name))
      .sort()
      .join(", ")}]`;
  }

  #path(path: string): string {
    return path.replace(this.#masks.folder, "$$");
  }

  /** 0 and −1 stand for themselves. */
  #zxid(zxid: number): string {
    if (zxid === 0) return "@zero";
    if (zxid === -1) return "@none";
    const { base, hidesPast } = this.#masks;
    return zxid < base && hidesPast ? "@past" : `@${zxid - base}`;
  }
}

const part = (name: string, value: number): string[] => (value === 0 ? [] : [`${name}=${value}`]);
const aclText = ({ perms, scheme, id }: Acl): string => `${perms} ${scheme}:${id}`;
const dataText = (data: Uint8Array | null): string =>
  data === null ? "null" : JSON.stringify(Buffer.from(data).toString("utf8"));
