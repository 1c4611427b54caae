import zookeeper, { type Client } from "node-zookeeper-client";
import { ask } from "./zookeeper.ts";

/** A group of live processes: each member is an ephemeral node, so one that dies leaves by itself. */
export async function join(client: Client, group: string, name: string): Promise<void> {
  await ask<string>((done) => client.mkdirp(group, done));
  await ask<string>((done) =>
    client.create(`${group}/${name}`, zookeeper.CreateMode.EPHEMERAL, done),
  );
}

/** The members' names; `changed` is called once, at the next change. */
export async function members(
  client: Client,
  group: string,
  changed: () => void = () => {},
): Promise<string[]> {
  return (await ask<string[]>((done) => client.getChildren(group, changed, done))).sort();
}
