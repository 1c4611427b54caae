import { badOption } from "../ensemble/given.ts";
import { connectClient } from "./client.ts";
import type { Server } from "./connection.ts";
import type { ConnectOptions } from "./options.ts";
import type { ZooKeeperClient } from "./types.ts";

const server = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:[\]]+))(?::(?<port>\d+))?$/;

/**
 * Connects the small client to an ensemble named as ZooKeeper's clients name one: `host:port,host:port/chroot`. For assertions in
 * tests that have an ensemble's connect string and not its controls. Throws ZKMS_BAD_OPTIONS for what is no connect string, and a
 * `ZooKeeperError` with the code CONNECTIONLOSS when no server takes the session in time.
 *
 * ```ts
 * const zk = await connect(inject("zookeeper"));
 * expect(await zk.exists("/config")).not.toBe(null);
 * ```
 */
export async function connect(
  connectString: string,
  options: ConnectOptions = {},
): Promise<ZooKeeperClient> {
  if (typeof connectString !== "string") {
    const what = "is no text: is the variable set that it comes from?";
    throw badOption("connectString", connectString, what, 'connect("127.0.0.1:2181")');
  }
  const { servers, chroot } = parseConnectString(connectString);
  if (chroot === undefined) return connectClient(servers, options);
  if (options.chroot !== undefined) {
    throw badOption("chroot", options.chroot, `comes on top of ${chroot} in the connect string`);
  }
  return connectClient(servers, { ...options, chroot });
}

/** The port is 2181 where none is said, as everywhere. */
export function parseConnectString(text: string): {
  servers: Server[];
  chroot: string | undefined;
} {
  const slash = text.indexOf("/");
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const servers = hosts.split(",").map((part) => {
    const groups = server.exec(part.trim())?.groups;
    const host = groups?.["v6"] ?? groups?.["host"];
    const port = Number(groups?.["port"] ?? 2181);
    if (host === undefined || port < 1 || port > 65_535) {
      throw badOption("connectString", text, 'is not "host:port,host:port/chroot"');
    }
    return { host, port };
  });
  return { servers, chroot: slash < 0 ? undefined : text.slice(slash) };
}
