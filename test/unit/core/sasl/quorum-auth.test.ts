import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode } from "../../../../src/core/jute/record.ts";
import { AuthStatus, QuorumAuthPacket } from "../../../../src/core/packets/quorum-auth-packet.ts";
import { DigestMd5, quorumService, responseOf } from "../../../../src/core/sasl/digest-md5.ts";
import { DigestMd5Login } from "../../../../src/core/sasl/digest-md5-login.ts";
import {
  type AuthOutput,
  LearnerAuth,
  type QuorumAuth,
  ServerAuth,
} from "../../../../src/core/sasl/quorum-auth.ts";
import { bytes } from "../server/stage.ts";

const login = { user: "quorum", password: "secret" };
const cutters: readonly [string, (sent: Uint8Array) => Uint8Array[]][] = [
  ["whole", (sent) => [sent]],
  ["byte by byte", (sent) => Array.from(sent, (byte) => Uint8Array.of(byte))],
];

interface Scene {
  readonly user?: string;
  readonly password?: string;
  readonly users?: Readonly<Record<string, string>>;
  readonly isRequired?: boolean;
}

function sides({ user, password, users = { quorum: "secret" }, isRequired = true }: Scene) {
  const known = { user: user ?? login.user, password: password ?? login.password };
  return { learner: learnerOf(known), server: serverOf(isRequired, users) };
}

const service = quorumService;
const learnerOf = (known: typeof login): LearnerAuth =>
  new LearnerAuth(new DigestMd5Login({ ...known, service, cnonce: "theirs" }));

const serverOf = (isRequired: boolean, users: Scene["users"] = { quorum: "secret" }): ServerAuth =>
  new ServerAuth({
    exchange: new DigestMd5({ users: new Map(Object.entries(users)), service, nonce: "ours" }),
    isRequired,
  });

/** What one side does with an event, a line each; what it sends is kept in `sent`. */
class Side {
  readonly lines: string[] = [];
  readonly sent: Uint8Array[] = [];
  readonly #auth: QuorumAuth;
  #isOver = false;

  constructor(auth: QuorumAuth) {
    this.#auth = auth;
  }

  begin(): void {
    this.#step((out) => this.#auth.begin(out));
  }

  take(chunk: Uint8Array): void {
    if (this.#isOver) this.lines.push(`${chunk.length} bytes too late`);
    else this.#step((out) => this.#auth.take(chunk, out));
  }

  end(): void {
    if (!this.#isOver) this.#step((out) => this.#auth.end("closed", out));
  }

  #step(step: (out: AuthOutput[]) => void): void {
    const out: AuthOutput[] = [];
    step(out);
    for (const output of out) {
      this.lines.push(lineOf(output));
      if (output.type === "send") this.sent.push(output.bytes);
      else this.#isOver = true;
    }
  }
}

function lineOf(output: AuthOutput): string {
  if (output.type === "refused") return `refused: ${output.why}`;
  if (output.type === "passed") {
    const rest = Buffer.from(output.rest).toString();
    return `passed as ${output.user ?? "nobody"}${rest === "" ? "" : `, then ${rest}`}`;
  }
  return `sends ${Buffer.from(output.bytes.subarray(11, 12)).toString("hex")}`;
}

/** Both sides from beginning to end. */
function converse(scene: Scene, cut: (sent: Uint8Array) => Uint8Array[]) {
  const both = sides(scene);
  const [learner, server] = [new Side(both.learner), new Side(both.server)];
  server.begin();
  learner.begin();
  while (learner.sent.length + server.sent.length > 0) {
    for (const chunk of learner.sent.splice(0).flatMap(cut)) server.take(chunk);
    for (const chunk of server.sent.splice(0).flatMap(cut)) learner.take(chunk);
  }
  return { learner: learner.lines, server: server.lines };
}

describe.each(cutters)("%s:", (_, cut) => {
  test("who knows the password is known, and knows that the server does too", () => {
    expect(converse({}, cut)).toEqual({
      learner: ["sends 00", "sends 00", "passed as quorum"],
      server: ["sends 00", "sends 01", "passed as quorum"],
    });
  });

  test.each<[string, Scene]>([
    ["a wrong password", { password: "wrong" }],
    ["an unknown user", { user: "eve" }],
    ["a server without users", { users: {} }],
  ])("%s is refused on both sides", (_name, scene) => {
    expect(converse(scene, cut)).toEqual({
      learner: [
        "sends 00",
        "sends 00",
        `refused: it refuses this peer as ${scene.user ?? "quorum"}`,
      ],
      server: ["sends 00", "sends ff", "refused: it gives a user or a password that is wrong"],
    });
  });

  test("a wrong password is enough where none is required, and the learner goes all the same", () => {
    expect(converse({ password: "wrong", isRequired: false }, cut)).toEqual({
      learner: ["sends 00", "sends 00", "refused: it refuses this peer as quorum"],
      server: ["sends 00", "sends ff", "passed as nobody"],
    });
  });

  test("what follows the response is the protocol's", () => {
    const { learner, server } = sides({});
    const [left, right] = [new Side(learner), new Side(server)];
    left.begin();
    for (const chunk of left.sent.splice(0)) right.take(chunk);
    for (const chunk of right.sent.splice(0)) left.take(chunk);
    right.take(Buffer.concat([...left.sent.splice(0), bytes("FOLLOWERINFO")]));
    expect(right.lines.at(-1)).toBe("passed as quorum, then FOLLOWERINFO");
  });
});

const packet = (token: Uint8Array | null, status: AuthStatus = AuthStatus.inProgress) =>
  encode(QuorumAuthPacket, { status, token });
const challenge = bytes('realm="zk-quorum-sasl-md5",nonce="ours",charset=utf-8,algorithm=md5-sess');
const tooLong = packet(new Uint8Array(65_537));
const otherStatus = Uint8Array.from(packet(challenge)).fill(7, 11, 12);
const negative = Uint8Array.from(packet(null)).fill(0xfe, 15, 16);

describe("a server that requires authentication refuses", () => {
  test.each<[string, Uint8Array[], string[]]>([
    ["a token of null", [packet(null)], ["sends ff", "refused: it has nothing to say"]],
    ["a token too long", [tooLong], ["sends ff", "refused: what it says is no authentication"]],
    [
      "a status unheard of",
      [otherStatus],
      ["sends ff", "refused: what it says is no authentication"],
    ],
    ["a negative length", [negative], ["sends ff", "refused: what it says is no authentication"]],
    [
      "a second packet of another kind",
      [packet(bytes("")), bytes("x")],
      ["sends 00", "sends ff", "refused: what it says is no authentication"],
    ],
    [
      "a response that is none",
      [packet(bytes("")), packet(bytes("response=1"))],
      ["sends 00", "sends ff", "refused: it gives a user or a password that is wrong"],
    ],
  ])("%s", (_, chunks, lines) => {
    const server = new Side(serverOf(true));
    for (const chunk of chunks) server.take(chunk);
    expect(server.lines).toEqual(lines);
  });

  test("who leaves before the end, in the middle, or before the beginning", () => {
    for (const [chunks, lines] of [
      [[], ["refused: closed"]],
      [[packet(bytes("")).subarray(0, 8)], ["sends ff", "refused: closed"]],
      [[packet(bytes(""))], ["sends 00", "sends ff", "refused: closed"]],
    ] as const) {
      const server = new Side(serverOf(true));
      for (const chunk of chunks) server.take(chunk);
      server.end();
      expect(server.lines).toEqual(lines);
    }
  });

  test("a user who would act for another", () => {
    const server = new Side(serverOf(true));
    server.take(packet(bytes("")));
    server.take(packet(bytes(responseFor("other"))));
    expect(server.lines).toEqual([
      "sends 00",
      "sends ff",
      "refused: user quorum would act for other",
    ]);
  });

  test("who says something else", () => {
    const server = new Side(serverOf(true));
    server.take(bytes("FOLLOWERINFO"));
    expect(server.lines).toEqual(["refused: it does not authenticate itself"]);
  });
});

function responseFor(authzid: string): string {
  const realm = "zk-quorum-sasl-md5";
  const uri = `zookeeper-quorum/${realm}`;
  const secret = { ...login, realm, nonce: "ours", cnonce: "theirs", authzid };
  const response = responseOf(secret, `AUTHENTICATE:${uri}`);
  return `username="quorum",realm="${realm}",nonce="ours",nc=00000001,cnonce="theirs",digest-uri="${uri}",response=${response},qop=auth,authzid="${authzid}"`;
}

test("nothing makes a server that requires authentication let a stranger pass", () => {
  const tokens = fc.oneof(fc.uint8Array(), fc.string().map(bytes), fc.constant(challenge));
  const packets = tokens.map((token) => packet(token));
  const chunks = fc.array(fc.oneof(packets, fc.uint8Array()), { maxLength: 6 });
  fc.assert(
    fc.property(chunks, (said) => {
      const server = new Side(serverOf(true));
      for (const chunk of said) server.take(chunk);
      server.end();
      expect(server.lines.filter((line) => line.startsWith("passed"))).toEqual([]);
      expect(server.lines.some((line) => line.startsWith("refused"))).toBe(true);
    }),
  );
});

test("a server that requires nothing takes who says something else as nobody, with all that was said", () => {
  const said = [Uint8Array.of(0x5f, 0x24), bytes("$5 for you")];
  const server = new Side(serverOf(false));
  for (const chunk of said) server.take(chunk);
  expect(server.lines).toEqual(["passed as nobody, then _$$5 for you"]);
});

test("a server that requires nothing takes whoever is silent, or left, as nobody", () => {
  const server = new Side(serverOf(false));
  server.end();
  expect(server.lines).toEqual(["passed as nobody"]);
});

describe("a learner refuses", () => {
  const proofless = packet(bytes("rspauth=00000000000000000000000000000000"), AuthStatus.success);
  test.each<[string, Uint8Array[], string]>([
    [
      "a server that does not know the password either",
      [packet(challenge), proofless],
      "the server did not prove that it knows the password",
    ],
    [
      "one that is content at once",
      [packet(challenge, AuthStatus.success)],
      "it ends the exchange out of turn",
    ],
    [
      "a success with nothing",
      [packet(null, AuthStatus.success)],
      "the server does not speak SASL",
    ],
    ["an empty success", [packet(bytes(""), AuthStatus.success)], "no challenge: "],
    ["a challenge that is none", [packet(bytes("hello"))], "no challenge: hello"],
    ["an error", [packet(bytes(""), AuthStatus.error)], "it refuses this peer as quorum"],
    ["what speaks another protocol", [bytes("HTTP/1.1 400")], "it answers something else"],
  ])("%s", (_, chunks, why) => {
    const learner = new Side(learnerOf(login));
    learner.begin();
    for (const chunk of chunks) learner.take(chunk);
    expect(learner.lines.at(-1)).toBe(`refused: ${why}`);
  });

  test("who leaves", () => {
    const learner = new Side(learnerOf(login));
    learner.begin();
    learner.end();
    expect(learner.lines).toEqual(["sends 00", "refused: closed"]);
  });
});
