import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { resetSocket } from "../../../src/runtime/reset-socket.ts";

test.each(["open", "ending"] as const)("a socket that is %s is closed at once", async (state) => {
  const server = createServer({ allowHalfOpen: true }, (accepted) =>
    accepted.on("error", () => {}),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  if (state === "ending") {
    socket.end();
    await new Promise(process.nextTick); // the system is asked, and has not answered
  }
  const closed = new Promise((resolve) => socket.once("close", resolve));
  resetSocket(socket);
  await closed;
  expect(socket.closed).toBe(true);
  server.close();
});
