// What an ensemble grows by, made by clients of another process: what is theirs is no part of its memory, nor of its pauses.
import { createFolder, existWatches } from "./frames.ts";
import { RawClient } from "./raw-client.ts";

export type Growth = "znodes" | "watches" | "sessions";

export interface CrowdOptions {
  readonly by: Growth;
  readonly count: number;
  /** The leader's first. */
  readonly ports: readonly number[];
}

const childrenMax = 1000;
const watchesInRequest = 5000;
const sessionsAtOnce = 200;

/** They stay open until the process ends, and their watches with them. */
const clients: RawClient[] = [];

const growths: Readonly<Record<Growth, (options: CrowdOptions) => Promise<void>>> = {
  async znodes({ count, ports: [leader = 0] }) {
    const client = await RawClient.open(leader);
    for (let first = 0; first < count; first += childrenMax) {
      const below = Math.min(childrenMax, count - first) - 1;
      await client.change(createFolder(`/grown${first / childrenMax}`, below));
    }
    client.close();
  },
  async watches({ count, ports: [leader = 0] }) {
    for (let first = 0; first < count; first += watchesInRequest) {
      const client = await RawClient.open(leader);
      clients.push(client);
      await client.ask(existWatches(first, Math.min(watchesInRequest, count - first)));
    }
  },
  async sessions({ count, ports }) {
    for (let first = 0; first < count; first += sessionsAtOnce) {
      const size = Math.min(sessionsAtOnce, count - first);
      const opened = Array.from({ length: size }, (_, index) =>
        RawClient.open(ports[index % ports.length] ?? 0),
      );
      clients.push(...(await Promise.all(opened)));
    }
  },
};

export async function grow(options: CrowdOptions): Promise<void> {
  await growths[options.by](options);
}
