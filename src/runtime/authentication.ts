import { reasonsOf } from "../core/base/reasons.ts";
import type { SaslExchange, SaslLogin } from "../core/sasl/mechanism.ts";
import {
  type AuthOutput,
  LearnerAuth,
  type QuorumAuth,
  ServerAuth,
} from "../core/sasl/quorum-auth.ts";
import { onceEach } from "./once-each.ts";
import type { Wire } from "./wire.ts";

/** Who has not proved by then who it is, or is, is given up; Apache waits for syncLimit, or for initLimit. */
export const authMsMax = 10_000;

/** How a peer and its fellows know each other; each exchange is one connection's. */
export interface PeerAuthOptions {
  /**
   * How it makes itself known to who is dialled at `host`, who has to know it; undefined: it does not ask. A promise where something
   * has to be fetched first; rejected with an Error that says why it cannot be had.
   */
  readonly login: ((host: string) => SaslLogin | Promise<SaslLogin>) | undefined;
  /** How it comes to know those who dial it. */
  readonly exchange: () => SaslExchange;
  /** It serves nobody else. */
  readonly isRequired: boolean;
  readonly warn: (text: string) => void;
}

/** Makes one side of an authentication for each connection between peers. */
export class Authenticator {
  readonly #options: PeerAuthOptions;
  readonly #warn: (text: string) => void;

  constructor(options: PeerAuthOptions) {
    this.#options = options;
    this.#warn = onceEach(options.warn);
  }

  /** undefined: what is dialled may be anybody. */
  dialing(host: string): PendingAuth {
    const login = this.#options.login?.(host);
    if (login instanceof Promise) return login.then((fetched) => new LearnerAuth(fetched));
    return login && new LearnerAuth(login);
  }

  accepting(): QuorumAuth {
    const { exchange, isRequired } = this.#options;
    return new ServerAuth({ exchange: exchange(), isRequired });
  }

  /** Somebody is turned away, by this side or by the other one. */
  failed(whom: string, why: string): void {
    this.#warn(`SASL with ${whom} fails: ${why}`);
  }
}

/** undefined: the other end may be anybody. Rejected with an Error: it cannot be asked. */
export type PendingAuth = QuorumAuth | Promise<QuorumAuth> | undefined;

export interface AuthPhaseOptions {
  readonly auth: PendingAuth;
  readonly wire: Wire;
  /** The protocol begins, with bytes that have come already. */
  readonly passed: (rest: Uint8Array) => void;
  readonly refused: (why: string) => void;
}

const nothing = new Uint8Array(0);

/** The part of a connection's life in which its ends come to know each other; `passed` or `refused` ends it, once. */
export class AuthPhase {
  readonly #options: AuthPhaseOptions;
  /** undefined: what it takes is still being fetched, or nobody has to prove anything. */
  #auth: QuorumAuth | undefined;
  #state: "authenticating" | "passed" | "refused";

  constructor(options: AuthPhaseOptions) {
    this.#options = options;
    this.#state = options.auth === undefined ? "passed" : "authenticating";
  }

  /** What comes is the protocol's: the other end is known, or may be anybody. */
  get isOver(): boolean {
    return this.#state === "passed";
  }

  begin(): void {
    const { auth, passed } = this.#options;
    if (auth === undefined) passed(nothing);
    else if (auth instanceof Promise) {
      auth.then(
        (fetched) => this.#begin(fetched),
        (error: unknown) => this.#lacks(reasonsOf(error)),
      );
    } else this.#begin(auth);
  }

  take(bytes: Uint8Array): void {
    if (this.#auth === undefined) this.#lacks("it speaks before it is asked");
    else this.#step((auth, out) => auth.take(bytes, out));
  }

  /** Nothing more comes; `why` says what the other side did. */
  end(why: string): void {
    if (this.#auth !== undefined) this.#step((auth, out) => auth.end(why, out));
    else this.#lacks(`${why} before this side has what it takes to ask`);
  }

  /** It ends before it has begun. */
  #lacks(why: string): void {
    if (this.#state === "authenticating") this.#refuse(why);
  }

  #begin(auth: QuorumAuth): void {
    if (this.#state !== "authenticating") return; // given up meanwhile
    this.#auth = auth;
    this.#step((asked, out) => asked.begin(out));
  }

  #refuse(why: string): void {
    this.#state = "refused";
    this.#options.refused(why);
  }

  #step(step: (auth: QuorumAuth, out: AuthOutput[]) => void): void {
    if (this.#auth === undefined || this.#state !== "authenticating") return;
    const out: AuthOutput[] = [];
    step(this.#auth, out);
    for (const output of out) {
      if (output.type === "send") this.#options.wire.write(output.bytes);
      else if (output.type === "refused") this.#refuse(output.why);
      else {
        this.#state = "passed";
        this.#options.passed(output.rest);
      }
    }
  }
}
