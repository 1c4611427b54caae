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

/** The statuses are Jetty's with ZooKeeper's servlet; whatever is not its own has Jetty's, which knows the same methods. */
function answer(request: IncomingMessage, subject: Subject | undefined): Answer {
  const target = `http://localhost${request.url ?? "/"}`;
  const url = new URL(URL.canParse(target) ? target : "http://localhost/");
  const path = url.pathname.replace(parameters, "");
  const isOurs = path === root || path.startsWith(`${root}/`);
  if (subject === undefined) return { status: isOurs ? 503 : 404 };
  const name = isOurs ? commandIn(path) : undefined;
  if (isOurs && name === undefined) return { status: 400 };
  const takesPost = isOurs && dialects[subject.peer.options.emulate].adminPost;
  switch (request.method) {
    case "GET":
    case "HEAD":
      if (name === undefined) return { status: 404 };
      return name === "" ? links : json(answerCommand(name, subject, url.searchParams));
    case "POST": {
      if (name === undefined || !takesPost) return { status: 405 };
      if (name === "") return links;
      const fields = answerPost(name, subject);
      return fields === undefined ? { status: 500 } : json(fields);
    }
    case "TRACE":
      return { status: 403 };
    case "OPTIONS":
      return { status: 200, headers: { allow: takesPost ? `${methods}, POST` : methods } };
    case "PUT":
    case "DELETE":
      return { status: 405 };
    default:
      return { status: 501 };
  }
}

const methods = "GET, HEAD, TRACE, OPTIONS";

/** Of a segment of a path: `;jsessionid=1`. */
const parameters = /;[^/]*/g;

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
