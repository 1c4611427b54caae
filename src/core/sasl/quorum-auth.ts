import { assert, ProtocolError } from "../base/assert.ts";
import { encode } from "../jute/record.ts";
import { AuthStatus, QuorumAuthPacket } from "../packets/quorum-auth-packet.ts";
import { AuthPackets } from "./auth-packets.ts";
import { DigestMd5, type DigestMd5Service } from "./digest-md5.ts";
import { DigestMd5Login, type SaslUser } from "./digest-md5-login.ts";

// How two peers come to know each other before they speak their protocol, on the quorum port and on the election port alike.
// As Apache has it, whoever dials is the learner here and whoever accepts the server, whatever they are in the quorum.

/** Of a peer that dials another one. */
const quorumService: DigestMd5Service = {
  realm: "zk-quorum-sasl-md5",
  uri: "zookeeper-quorum/zk-quorum-sasl-md5",
};

/** What an authentication leads to, in the order given; nothing comes after the last two. */
export type AuthOutput =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /**
   * The protocol begins with what came and was not used up. `user` is as whom the learner is known to a server that has shown to
   * know it; undefined: as nobody, which is enough for this server.
   */
  | { readonly type: "passed"; readonly user: string | undefined; readonly rest: Uint8Array }
  /** The connection is to be closed behind what was sent. */
  | { readonly type: "refused"; readonly why: string };

/** One side of one connection's authentication. After `passed` or `refused` it is over, and must not be used again. */
export interface QuorumAuth {
  /** The connection stands, and the protocol would begin. */
  begin(out: AuthOutput[]): void;
  take(bytes: Uint8Array, out: AuthOutput[]): void;
  /** Nothing comes any more: the other side has closed, or was waited for long enough. `why` says what it did. */
  end(why: string, out: AuthOutput[]): void;
}

export interface LearnerAuthOptions {
  readonly login: SaslUser;
  /** Of this connection alone. */
  readonly cnonce: string;
}

/**
 * The side of whoever dials (SaslQuorumAuthLearner): it passes only when the other side has proved that it knows the password too.
 *
 *   asking ─challenge▶ answered ─success, with the proof▶ passed; whatever comes besides is refused
 */
export class LearnerAuth implements QuorumAuth {
  readonly #user: string;
  readonly #login: DigestMd5Login;
  readonly #packets = new AuthPackets();
  #isOver = false;

  constructor({ login, cnonce }: LearnerAuthOptions) {
    this.#user = login.user;
    this.#login = new DigestMd5Login({ ...login, cnonce, service: quorumService });
  }

  begin(out: AuthOutput[]): void {
    out.push(packetOf(AuthStatus.inProgress, DigestMd5Login.first));
  }

  take(bytes: Uint8Array, out: AuthOutput[]): void {
    assert(!this.#isOver, "the authentication goes on");
    this.#packets.push(bytes);
    while (!this.#isOver) {
      const packet = nextOf(this.#packets);
      if (packet === undefined) return;
      if (packet === "malformed") return this.#refuse("it answers something else", out);
      this.#answer(packet, out);
    }
  }

  end(why: string, out: AuthOutput[]): void {
    assert(!this.#isOver, "the authentication goes on");
    this.#refuse(why, out);
  }

  #answer({ status, token }: QuorumAuthPacket, out: AuthOutput[]): void {
    if (status === AuthStatus.error)
      return this.#refuse("it refuses the user or the password", out);
    const step = this.#login.take(token);
    if (step.kind === "failed") return this.#refuse(step.why, out);
    if (step.kind === "done" && status === AuthStatus.success) {
      this.#isOver = true;
      out.push({ type: "passed", user: this.#user, rest: this.#packets.rest });
    } else if (step.kind === "answer" && status === AuthStatus.inProgress) {
      out.push(packetOf(AuthStatus.inProgress, step.token));
    } else this.#refuse("it ends the exchange out of turn", out);
  }

  #refuse(why: string, out: AuthOutput[]): void {
    this.#isOver = true;
    out.push({ type: "refused", why });
  }
}

export interface ServerAuthOptions {
  /** Passwords by name. */
  readonly users: ReadonlyMap<string, string>;
  /** quorum.auth.serverRequireSasl: only whoever proves to be a user passes. */
  readonly isRequired: boolean;
  /** Of this connection alone. */
  readonly nonce: string;
}

/**
 * The side of whoever accepts (SaslQuorumAuthServer). An exchange has two rounds, so Apache's limit of five is never reached.
 *
 *   waiting ─no QuorumAuthPacket▶ passed as nobody, or refused
 *           ─a token▶ challenged ─right response▶ passed as a user
 *                                ─anything else▶ error, then passed as nobody, or refused
 */
export class ServerAuth implements QuorumAuth {
  readonly #isRequired: boolean;
  readonly #exchange: DigestMd5;
  readonly #packets = new AuthPackets();
  #phase: "waiting" | "exchange" | "over" = "waiting";

  constructor({ users, nonce, isRequired }: ServerAuthOptions) {
    this.#isRequired = isRequired;
    this.#exchange = new DigestMd5({ users, nonce, service: quorumService });
  }

  begin(): void {} // the learner speaks first

  take(bytes: Uint8Array, out: AuthOutput[]): void {
    assert(this.#phase !== "over", "the authentication goes on");
    const packets = this.#packets;
    packets.push(bytes);
    if (this.#phase === "waiting") {
      const { isAuth } = packets;
      if (isAuth === undefined) return;
      if (!isAuth) return this.#goWithout("it does not authenticate itself", out);
      this.#phase = "exchange";
    }
    while (this.#phase === "exchange") {
      const packet = nextOf(packets);
      if (packet === undefined) return;
      if (packet === "malformed") return this.#fail("what it says is no authentication", out);
      this.#answer(packet, out);
    }
  }

  end(why: string, out: AuthOutput[]): void {
    assert(this.#phase !== "over", "the authentication goes on");
    if (this.#phase === "exchange") this.#fail(why, out);
    else this.#goWithout(why, out);
  }

  #answer({ token }: QuorumAuthPacket, out: AuthOutput[]): void {
    const answer = token === null ? "failed" : this.#exchange.answer(token);
    if (answer === "failed") return this.#fail("it gives a user or a password that is wrong", out);
    const { user, authzid = user } = answer;
    if (user === undefined) {
      out.push(packetOf(AuthStatus.inProgress, answer.token));
      return;
    }
    if (authzid !== user) return this.#fail(`user ${user} would act for ${authzid}`, out);
    this.#phase = "over";
    out.push(packetOf(AuthStatus.success, answer.token));
    out.push({ type: "passed", user, rest: this.#packets.rest });
  }

  #fail(why: string, out: AuthOutput[]): void {
    out.push(packetOf(AuthStatus.error, new Uint8Array(0)));
    this.#goWithout(why, out);
  }

  /** The one way past this machine for somebody unknown. */
  #goWithout(why: string, out: AuthOutput[]): void {
    this.#phase = "over";
    if (this.#isRequired) out.push({ type: "refused", why });
    else out.push({ type: "passed", user: undefined, rest: this.#packets.rest });
  }
}

const packetOf = (status: AuthStatus, token: Uint8Array): AuthOutput => ({
  type: "send",
  bytes: encode(QuorumAuthPacket, { status, token }),
});

function nextOf(packets: AuthPackets): QuorumAuthPacket | "malformed" | undefined {
  try {
    return packets.next();
  } catch (error) {
    if (error instanceof ProtocolError) return "malformed";
    throw error;
  }
}
