import type { IncomingMessage } from "node:http";

/** One event of a stream, or a comment. */
export interface Sent {
  readonly type: string;
  readonly data: string;
  readonly comment: string | undefined;
}

/** Reads server-sent events until the stream ends, however it ends. */
export async function readEvents(
  response: IncomingMessage,
  take: (sent: Sent) => void,
): Promise<void> {
  response.setEncoding("utf8");
  let rest = "";
  try {
    for await (const chunk of response) {
      const blocks = `${rest}${chunk}`.split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) take(read(block));
    }
  } catch {
    // Broken or hung up: whoever reads on opens another one.
  }
}

function read(block: string): Sent {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart());
  }
  const [type = "message", data = ""] = [fields.get("event"), fields.get("data")];
  return { type, data, comment: fields.get("") };
}
