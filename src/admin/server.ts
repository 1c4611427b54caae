import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { dialects } from "../core/protocol/dialect.ts";
import type { Peer } from "../core/server/peer.ts";
import { survey } from "../core/server/survey.ts";
import { answerCommand, answerPost, commandNames } from "./commands.ts";
import { printJson } from "./json.ts";
import type { Subject } from "./subject.ts";

export interface AdminServerOptions {
  /** undefined while its process is down. */
  readonly peer: () => Peer | undefined;
  readonly now: () => number;
}

/** One peer's AdminServer: what is returned serves a connection that somebody else accepted. */
export function adminServer({ peer, now }: AdminServerOptions): (socket: Socket) => void {
  const subject = (): Subject | undefined => {
    const asked = peer();
    if (asked === undefined) return undefined;
    return { peer: asked, figures: survey(asked, now(), asked.options.about) };
  };
  const server = createServer((request, response) => {
    const { status, headers, body = "" } = answer(request, subject());
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
  server.timeout = idleMsMax; // a server that does not listen by itself keeps no other of its time limits
  return (socket) => void server.emit("connection", socket);
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A connection over which nothing moves for so long is closed. */
const idleMsMax = 30_000;

const root = "/commands";

/** The statuses are Jetty's with ZooKeeper's servlet. */
function answer(request: IncomingMessage, subject: Subject | undefined): Answer {
  const target = `http://localhost${request.url ?? "/"}`;
  const url = URL.canParse(target) ? new URL(target) : undefined;
  const isOurs = url?.pathname === root || url?.pathname.startsWith(`${root}/`) === true;
  if (url === undefined || !isOurs) return { status: 404 };
  if (subject === undefined) return { status: 503 };
  const name = commandIn(url.pathname);
  if (name === undefined) return { status: 400 };
  const { adminPost } = dialects[subject.peer.options.emulate];
  switch (request.method) {
    case "GET":
    case "HEAD":
      return name === "" ? links : json(answerCommand(name, subject, url.searchParams));
    case "POST": {
      if (!adminPost) return { status: 405 };
      if (name === "") return links;
      const fields = answerPost(name, subject);
      return fields === undefined ? { status: 500 } : json(fields);
    }
    case "TRACE":
      return { status: 403 };
    case "OPTIONS":
      return { status: 200, headers: { allow: adminPost ? `${methods}, POST` : methods } };
    default:
      return { status: 405 };
  }
}

const methods = "GET, HEAD, TRACE, OPTIONS";

/** "" for the list of them; undefined: not decodable. */
function commandIn(path: string): string | undefined {
  try {
    return decodeURIComponent(path.slice(root.length + 1));
  } catch {
    return undefined;
  }
}

const json = (fields: Parameters<typeof printJson>[0]): Answer => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: printJson(fields),
});

/** Without a type, as there. */
const links: Answer = {
  status: 200,
  body: [...commandNames]
    .sort()
    .map((name) => `<a href="${root}/${name}">${name}</a>\n<br/>\n`)
    .join(""),
};
