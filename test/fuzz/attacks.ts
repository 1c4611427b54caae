// Each attack is one visit, or a few at once, drawn from a seed of its own. It says how many inputs it sent, and ends when the
// peers have taken them: nothing of it is under way any more.
import type { Prng } from "../../src/core/base/prng.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import {
  type Frames,
  folder,
  greeting,
  lastRequest,
  otherProtocols,
  request,
  strangeGreeting,
  words,
} from "./frames.ts";
import { framed, int, mutated, noise, pieces } from "./mutate.ts";
import { joinAsObserver } from "./observer.ts";
import type { Packets } from "./packets.ts";
import { Visitor } from "./visitor.ts";

export interface PeerPorts {
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
  readonly secure: number;
  readonly admin: number;
}

export interface Scene {
  readonly peers: readonly PeerPorts[];
  readonly leader: PeerPorts;
  readonly ca: string;
  readonly frames: Frames;
  readonly packets: Packets;
  readonly juteMaxBuffer: number;
  /** A node of `bigBytes` bytes, for those who read slowly. */
  readonly big: string;
  readonly bigBytes: number;
  /** A port on which nobody says anything, for peers that call strangers back. */
  readonly called: number;
}

/** How many inputs it sent. */
type Attack = (scene: Scene, prng: Prng) => Promise<number>;

/** By name, with how often each is drawn. */
export const attacks: { readonly [name: string]: readonly [weight: number, attack: Attack] } = {
  session: [50, session],
  greeting: [8, greetings],
  noise: [5, randomBytes],
  "other protocol": [5, otherProtocol],
  word: [5, fourLetters],
  "byte by byte": [3, byteByByte],
  length: [6, wrongLengths],
  pile: [3, pile],
  flood: [1, flood],
  "half-open": [4, halfOpen],
  "slow reader": [0.3, slowReader],
  election: [5, election],
  quorum: [6, quorum],
  observer: [2, observer],
  tls: [2, tls],
  admin: [2, admin],
};

const weights = Object.values(attacks).reduce((sum, [weight]) => sum + weight, 0);

export function drawAttack(prng: Prng): string {
  let at = prng.float() * weights;
  for (const [name, [weight]] of Object.entries(attacks)) {
    at -= weight;
    if (at < 0) return name;
  }
  return "session";
}

const anyPort = (scene: Scene, prng: Prng): number => prng.pick(scene.peers).client;

/** A session, then right and wrong requests in one go. */
async function session(scene: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(anyPort(scene, prng));
  return await makeRequests(scene, prng, visitor);
}

async function makeRequests({ frames }: Scene, prng: Prng, visitor: Visitor): Promise<number> {
  const count = prng.pick([5, 20, 50, 50, 200]);
  const wrong = prng.pick([0.1, 0.5, 0.9]);
  const cut = prng.chance(0.2);
  const sent = [greeting(prng)];
  for (let i = 0; i < count; i += 1) {
    sent.push(prng.chance(wrong) ? frames.broken(prng, true) : frames.valid(prng));
  }
  if (cut) sent.push(frames.broken(prng, false));
  else sent.push(lastRequest());
  for (const piece of pieces(prng, Buffer.concat(sent))) {
    visitor.write(piece);
    await visitor.drained();
  }
  if (!cut) await visitor.answered();
  await leave(visitor, prng);
  return sent.length;
}

async function leave(visitor: Visitor, prng: Prng): Promise<void> {
  if (prng.chance(0.5)) visitor.write(request(OpCode.closeSession, {}));
  if (prng.chance(0.3)) await visitor.reset();
  else await visitor.end();
}

/** Handshakes with something wrong, and requests behind them all the same. */
async function greetings(scene: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(anyPort(scene, prng));
  const first = prng.chance(0.5)
    ? strangeGreeting(prng)
    : framed(mutated(prng, greeting(prng).subarray(4)));
  visitor.write(Buffer.concat([first, scene.frames.valid(prng), scene.frames.valid(prng)]));
  await visitor.end();
  return 3;
}

async function randomBytes(scene: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(anyPort(scene, prng));
  const isIn = prng.chance(0.5);
  if (isIn) visitor.write(greeting(prng));
  visitor.write(noise(prng, prng.pick([1, 3, 4, 5, 44, 45, 300, 4000])));
  await visitor.end();
  return 1;
}

async function otherProtocol(scene: Scene, prng: Prng): Promise<number> {
  const { client, quorum: quorumPort, election: electionPort } = prng.pick(scene.peers);
  const visitor = await Visitor.to(prng.pick([client, client, quorumPort, electionPort]));
  visitor.write(prng.pick(otherProtocols));
  await visitor.end();
  return 1;
}

/** Words with something behind them, in front of them, in halves, or not quite right. */
async function fourLetters(scene: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(anyPort(scene, prng));
  const word = Buffer.from(prng.pick(words));
  const tail = prng.pick([
    Buffer.alloc(0),
    Buffer.from("\n"),
    word,
    noise(prng, 50),
    greeting(prng),
  ]);
  const text = prng.chance(0.3)
    ? mutated(prng, Buffer.concat([word, tail]))
    : Buffer.concat([word, tail]);
  for (const piece of pieces(prng, text)) visitor.write(piece);
  await visitor.end();
  return 1;
}

async function byteByByte(scene: Scene, prng: Prng): Promise<number> {
  const { frames } = scene;
  const visitor = await Visitor.to(anyPort(scene, prng));
  const sent = [greeting(prng), frames.valid(prng), frames.broken(prng, true), lastRequest()];
  for (const byte of Buffer.concat(sent)) {
    visitor.write(Uint8Array.of(byte));
    await visitor.drained();
    await new Promise(setImmediate);
  }
  await visitor.answered();
  await leave(visitor, prng);
  return sent.length;
}

/** Frames longer than allowed, of less than nothing, and ones that promise more than they hold. */
async function wrongLengths(scene: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(anyPort(scene, prng));
  if (prng.chance(0.7)) visitor.write(greeting(prng));
  const max = scene.juteMaxBuffer;
  const length = prng.pick([-1, -2, -0x8000_0000, max, max + 1, 0x7fff_ffff, 0, 3, 7]);
  const body = noise(prng, prng.pick([0, 3, 7, 40, 70_000]));
  visitor.write(Buffer.concat([int(length), body, scene.frames.valid(prng)]));
  if (prng.chance(0.1)) visitor.write(Buffer.alloc(max + 100, 1));
  await visitor.end();
  return 2;
}

/** More requests at once than a connection may have under way. */
async function pile(scene: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(anyPort(scene, prng));
  const count = prng.pick([1500, 4000]);
  const one = prng.chance(0.5)
    ? request(OpCode.setData, { path: `${folder}/0`, data: Buffer.alloc(10), version: -1 })
    : scene.frames.valid(prng);
  const parts = Array.from({ length: count }, () => one);
  visitor.write(Buffer.concat([greeting(prng), ...parts, lastRequest()]));
  const staysFor = prng.chance(0.5);
  if (staysFor) await visitor.answered();
  await (prng.chance(0.5) ? visitor.end() : visitor.reset());
  return count + 2;
}

async function flood(scene: Scene, prng: Prng): Promise<number> {
  const count = prng.pick([30, 100]);
  const visitors = await Promise.all(
    Array.from({ length: count }, () => Visitor.to(anyPort(scene, prng))),
  );
  for (const visitor of visitors) {
    const first = prng.below(4);
    if (first === 0) visitor.write(noise(prng, 20));
    else if (first === 1) visitor.write(greeting(prng).subarray(0, prng.between(1, 40)));
    else if (first === 2) visitor.write(Buffer.concat([greeting(prng), scene.frames.valid(prng)]));
  }
  await Promise.all(
    visitors.map((visitor) => (prng.chance(0.5) ? visitor.end() : visitor.reset())),
  );
  return count;
}

/** Says half of something, keeps the peer waiting while other visits go on, and is gone. */
async function halfOpen(scene: Scene, prng: Prng): Promise<number> {
  const { client, quorum: quorumPort, election: electionPort } = prng.pick(scene.peers);
  const port = prng.pick([client, client, client, quorumPort, electionPort]);
  const visitor = await Visitor.to(port);
  const whole = Buffer.concat([greeting(prng), scene.frames.valid(prng)]);
  visitor.write(whole.subarray(0, prng.below(whole.length)));
  for (let i = prng.below(100); i > 0; i -= 1) await new Promise(setImmediate);
  await (prng.chance(0.5) ? visitor.end() : visitor.reset());
  return 1;
}

/** Asks for more than the system's buffers hold, reads nothing for a while, and then all of it or never. */
async function slowReader(scene: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(anyPort(scene, prng));
  visitor.stall();
  const count = prng.pick([20, 100, 1000]);
  const one = request(OpCode.getData, { path: scene.big, watch: false });
  visitor.write(Buffer.concat([greeting(prng), ...Array.from({ length: count }, () => one)]));
  await visitor.drained();
  for (let i = 0; i < 200; i += 1) await new Promise(setImmediate);
  if (prng.chance(0.5)) {
    await visitor.reset();
    return count + 1;
  }
  visitor.goOn();
  await visitor.arrived(count * scene.bigBytes);
  await visitor.reset();
  return count + 1;
}

/** Votes in the names of peers and of others, behind introductions that may be wrong. */
async function election(scene: Scene, prng: Prng): Promise<number> {
  const { packets, called } = scene;
  const visitor = await Visitor.to(prng.pick(scene.peers).election);
  const address = prng.pick([`127.0.0.1:${called}`, "", "127.0.0.1", `[::1]:${called}|x`]);
  const sent = [packets.hello(prng, address)];
  for (let i = prng.pick([0, 1, 10, 60]); i > 0; i -= 1) sent.push(packets.notification(prng));
  for (const piece of pieces(prng, Buffer.concat(sent))) visitor.write(piece);
  await (prng.chance(0.2) ? visitor.reset() : visitor.end());
  return sent.length;
}

/** Quorum packets in any order, in the names of peers and of others. */
async function quorum(scene: Scene, prng: Prng): Promise<number> {
  const { packets } = scene;
  const peer = prng.chance(0.8) ? scene.leader : prng.pick(scene.peers);
  const visitor = await Visitor.to(peer.quorum);
  const sent = prng.chance(0.8) ? [packets.introduction(prng)] : [];
  for (let i = prng.pick([0, 2, 20, 60]); i > 0; i -= 1) sent.push(packets.packet(prng));
  for (const piece of pieces(prng, Buffer.concat(sent))) visitor.write(piece);
  await (prng.chance(0.2) ? visitor.reset() : visitor.end());
  return sent.length;
}

/** Is let in as any observer would be, and then forwards what no observer should. */
async function observer({ leader, packets, frames }: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(leader.quorum);
  await joinAsObserver(visitor, prng.between(80, 99));
  const sent: Buffer[] = [];
  for (let i = prng.pick([5, 40, 120]); i > 0; i -= 1) {
    const frame = prng.chance(0.5) ? frames.valid(prng) : frames.broken(prng, true);
    sent.push(packets.forwarded(prng, frame));
  }
  visitor.write(Buffer.concat(sent));
  await visitor.end();
  return sent.length + 3;
}

async function tls(scene: Scene, prng: Prng): Promise<number> {
  const { secure } = prng.pick(scene.peers);
  if (prng.chance(0.4)) return await makeRequests(scene, prng, Visitor.secure(secure, scene.ca));
  const visitor = await Visitor.to(secure);
  const first = [noise(prng, 60), prng.pick(otherProtocols), greeting(prng), Buffer.from("ruok")];
  visitor.write(prng.chance(0.5) ? prng.pick(first) : mutated(prng, prng.pick(otherProtocols)));
  await (prng.chance(0.5) ? visitor.end() : visitor.reset());
  return 1;
}

async function admin(scene: Scene, prng: Prng): Promise<number> {
  const visitor = await Visitor.to(prng.pick(scene.peers).admin);
  const path = prng.pick([
    "/commands",
    "/commands/mntr",
    "/commands/watches",
    "/",
    "*",
    "//",
    "/%00",
  ]);
  const line = `${prng.pick(["GET", "HEAD", "POST", "TRACE", "BREW"])} ${path} HTTP/1.1\r\n`;
  const head = `${line}Host: localhost\r\n${prng.pick(["", "Content-Length: 5\r\n", "X: y\r\n"])}\r\n`;
  const text = Buffer.from(prng.pick([head, head, line, `${head}${head}`]));
  visitor.write(prng.chance(0.5) ? mutated(prng, text) : text);
  await (prng.chance(0.7) ? visitor.end() : visitor.reset());
  return 1;
}
