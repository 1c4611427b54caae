import { randomUUID } from "node:crypto";
import zookeeper from "node-zookeeper-client";
import { ask, gone } from "./zookeeper.js";

/**
 * A lock that is a queue of ephemeral sequential nodes below the path, which must be there: who has the lowest number has the lock,
 * and each of the others watches the one before it, so that a release wakes one. `woken` is called each time that happens.
 */
export async function acquire(client, path, woken = () => {}) {
  const ticket = await takeTicket(client, path);
  const node = `${path}/${ticket}`;
  for (;;) {
    const queue = await tickets(client, path);
    const place = queue.indexOf(ticket);
    if (place === -1) throw new Error(`${node} is gone: the session has expired`);
    if (place === 0) return hold(client, node);
    await gone(client, `${path}/${queue[place - 1]}`);
    woken(); // and look again: the one before may have left the queue without ever having had the lock
  }
}

/**
 * A create whose answer is lost with the connection was carried out or not. When the client sends it again there may be two, and
 * we would wait for ourselves: a name of our own shows which are ours.
 */
async function takeTicket(client, path) {
  const name = `${randomUUID()}-`;
  const { EPHEMERAL_SEQUENTIAL } = zookeeper.CreateMode;
  await ask((done) => client.create(`${path}/${name}`, EPHEMERAL_SEQUENTIAL, done));
  const ours = (await tickets(client, path)).filter((ticket) => ticket.startsWith(name));
  for (const ghost of ours.slice(1)) {
    await ask((done) => client.remove(`${path}/${ghost}`, done));
  }
  return ours[0];
}

/** By number, which are a name's last ten digits. */
async function tickets(client, path) {
  const number = (name) => Number(name.slice(-10));
  const names = await ask((done) => client.getChildren(path, done));
  return names.sort((a, b) => number(a) - number(b));
}

/**
 * What a holder knows. `held` is what it believes: it hears of the end of its session no sooner than it hears anything. The
 * token is higher than that of every earlier holder, for zxids only grow: whoever is written to can tell who is late.
 */
async function hold(client, node) {
  const { czxid } = await ask((done) => client.exists(node, done));
  const lock = { node, token: czxid.readBigInt64BE(), held: true, release };
  client.once("expired", () => {
    lock.held = false;
  });
  async function release() {
    lock.held = false;
    await ask((done) => client.remove(node, done));
  }
  return lock;
}
