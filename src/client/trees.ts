// What takes many requests: ancestors that are missing, and all that is below a node.
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { childPath, rootPath } from "../core/tree/path.ts";
import { valueFrom } from "./caller.ts";
import { type Asked, failure } from "./errors.ts";
import { ancestorsOf } from "./paths.ts";
import type { Answer } from "./requests.ts";
import type { Session } from "./session.ts";
import { openAcl } from "./values.ts";

export async function createAncestors(session: Session, asked: Asked, path: string): Promise<void> {
  const answers = ancestorsOf(path).map((ancestor) =>
    session.request({
      type: OpCode.create,
      body: { path: ancestor, data: new Uint8Array(0), acl: openAcl, flags: 0 },
      take: () => true,
    }),
  );
  for (const answer of await Promise.all(answers)) {
    if (answer.err !== ErrorCode.NODEEXISTS) valueFrom(answer, asked);
  }
}

export function deleteNode(session: Session, path: string, version: number): Promise<Answer<true>> {
  return session.request({ type: OpCode.delete, body: { path, version }, take: () => true });
}

/** One level after the other is listed, then all is deleted from the leaves up, in one go. */
export async function deleteBelow(session: Session, asked: Asked, top: string): Promise<void> {
  if (top === rootPath) throw failure(ErrorCode.BADARGUMENTS, asked, "the root cannot be deleted");
  const below: string[] = [];
  for (let level = [top]; level.length > 0; ) {
    const answers = await Promise.all(level.map((path) => namesBelow(session, path)));
    const next: string[] = [];
    for (const [index, answer] of answers.entries()) {
      const parent = level[index] ?? top;
      if (answer.err === ErrorCode.NONODE && parent !== top) continue;
      for (const name of valueFrom(answer, asked)) next.push(childPath(parent, name));
    }
    for (const path of next) below.push(path);
    level = next;
  }
  const answers = await Promise.all(below.reverse().map((path) => deleteNode(session, path, -1)));
  for (const answer of answers) if (answer.err !== ErrorCode.NONODE) valueFrom(answer, asked);
}

const namesBelow = (session: Session, path: string): Promise<Answer<readonly string[]>> =>
  session.request({
    type: OpCode.getChildren,
    body: { path, watch: false },
    take: ({ children }) => children,
  });
