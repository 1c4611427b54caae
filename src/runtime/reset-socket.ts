import type { Socket } from "node:net";

/**
 * Breaks a connection. One whose end is on its way cannot be reset: libuv refuses, and Node then forgets the handle without
 * closing it, which keeps the file open and the process from ending.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
