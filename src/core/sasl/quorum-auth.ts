import { assert, ProtocolError } from "../base/assert.ts";
import { encode } from "../jute/record.ts";
import { AuthStatus, QuorumAuthPacket } from "../packets/quorum-auth-packet.ts";
import { AuthPackets } from "./auth-packets.ts";
import type { SaslExchange, SaslLogin } from "./mechanism.ts";

// How two peers come to know each other before they speak their protocol, on the quorum port and on the election port alike.
// As Apache has it, whoever dials is the learner here and whoever accepts the server, whatever they are in the quorum.

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

/**
 * The side of whoever dials (SaslQuorumAuthLearner): it passes only when the other side has proved to be whom it asks for.
 *
 *   asking ─challenge▶ answered ─success, with the proof▶ passed; whatever comes besides is refused
 */
export class LearnerAuth implements QuorumAuth {
  readonly #login: SaslLogin;
  readonly #packets = new AuthPackets();
  #isOver = false;

  /** `login` is of this connection alone. */
  constructor(login: SaslLogin) {
    this.#login = login;
  }

  begin(out: AuthOutput[]): void {
    out.push(packetOf(AuthStatus.inProgress, this.#login.first));
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
      return this.#refuse(`it refuses this peer as ${this.#login.user}`, out);
    const step = this.#login.take(token);
    if (step.kind === "failed") return this.#refuse(step.why, out);
    if (step.kind === "done" && status === AuthStatus.success) {
      this.#isOver = true;
      out.push({ type: "passed", user: this.#login.user, rest: this.#packets.rest });
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
  /** Of this connection alone. */
  readonly exchange: SaslExchange;
  /** quorum.auth.serverRequireSasl: only whoever proves who it is passes. */
  readonly isRequired: boolean;
}

/**
 * The side of whoever accepts (SaslQuorumAuthServer). An exchange has two rounds, or three, so Apache's limit of five is never reached.
 *
 *   waiting ─no QuorumAuthPacket▶ passed as nobody, or refused
 *           ─a token▶ challenged ─right response▶ passed as a user
 *                                ─anything else▶ error, then passed as nobody, or refused
 */
export class ServerAuth implements QuorumAuth {
  readonly #isRequired: boolean;
  readonly #exchange: SaslExchange;
  readonly #packets = new AuthPackets();
  #phase: "waiting" | "exchange" | "over" = "waiting";

  constructor({ exchange, isRequired }: ServerAuthOptions) {
    this.#isRequired = isRequired;
    this.#exchange = exchange;
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
    if (token === null) return this.#fail("it has nothing to say", out);
    const answer = this.#exchange.answer(token);
    if (answer.kind === "refused") return this.#fail(answer.why, out);
    if (answer.kind === "challenge") {
      out.push(packetOf(AuthStatus.inProgress, answer.token));
      return;
    }
    const { user, authzid } = answer;
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

const packetOf = (status: AuthStatus, token: Uint8Array | null): AuthOutput => ({
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
