import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Peer } from "../core/server/peer.ts";
import { survey } from "../core/server/survey.ts";
import { answerCommand, commandNames, type Subject } from "./commands.ts";
import { printJson } from "./json.ts";

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
  const server = createServer((request, response) => answer(request, response, subject()));
  return (socket) => void server.emit("connection", socket);
}

const root = "/commands";

/** The statuses are Jetty's with ZooKeeper's servlet. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  subject: Subject | undefined,
): void {
  const target = `http://localhost${request.url ?? "/"}`;
  const url = URL.canParse(target) ? new URL(target) : undefined;
  const status = statusOf(request.method ?? "", url?.pathname ?? "");
  if (url === undefined || subject === undefined || status !== 200) {
    response.writeHead(status === 200 ? 503 : status).end();
    return;
  }
  const name = url.pathname.slice(root.length + 1);
  if (name === "") {
    const links = [...commandNames].sort().map((command) => {
      return `<a href="${root}/${command}">${command}</a><br/>\n`;
    });
    response.writeHead(200, { "content-type": "text/html;charset=utf-8" }).end(links.join(""));
    return;
  }
  const body = printJson(answerCommand(name, subject, url.searchParams));
  response.writeHead(200, { "content-type": "application/json" }).end(body);
}

function statusOf(method: string, path: string): number {
  if (path !== root && !path.startsWith(`${root}/`)) return 404;
  switch (method) {
    case "GET":
    case "HEAD":
      return 200;
    case "TRACE":
      return 403;
    case "POST":
      return 500;
    default:
      return 405;
  }
}
