import { randomBytes } from "node:crypto";
import type { SaslUser } from "../core/sasl/digest-md5-login.ts";
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

/** How a peer and its fellows know each other. */
export interface PeerAuthOptions {
  /** As whom it makes itself known to those whom it dials, who have to know it; undefined: it does not ask. */
  readonly login: SaslUser | undefined;
  /** Whom it knows among those who dial it: passwords by name. */
  readonly users: ReadonlyMap<string, string>;
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
  dialing(): QuorumAuth | undefined {
    const { login } = this.#options;
    return login && new LearnerAuth({ login, cnonce: nonce() });
  }

  accepting(): QuorumAuth {
    const { users, isRequired } = this.#options;
    return new ServerAuth({ users, isRequired, nonce: nonce() });
  }

  /** Somebody is turned away, by this side or by the other one. */
  failed(whom: string, why: string): void {
    this.#warn(`SASL with ${whom} fails: ${why}`);
  }
}

const nonce = (): string => randomBytes(30).toString("base64");

export interface AuthPhaseOptions {
  /** undefined: the other end may be anybody. */
  readonly auth: QuorumAuth | undefined;
  readonly wire: Wire;
  /** The protocol begins, with bytes that have come already. */
  readonly passed: (rest: Uint8Array) => void;
  readonly refused: (why: string) => void;
}

const nothing = new Uint8Array(0);

/** The part of a connection's life in which its ends come to know each other; `passed` or `refused` ends it, once. */
export class AuthPhase {
  readonly #options: AuthPhaseOptions;
  #isOver: boolean;

  constructor(options: AuthPhaseOptions) {
    this.#options = options;
    this.#isOver = options.auth === undefined;
  }

  /** What comes is the protocol's: the other end is known, or may be anybody. */
  get isOver(): boolean {
    return this.#isOver;
  }

  begin(): void {
    if (this.#isOver) this.#options.passed(nothing);
    else this.#step((auth, out) => auth.begin(out));
  }

  take(bytes: Uint8Array): void {
    this.#step((auth, out) => auth.take(bytes, out));
  }

  /** Nothing more comes; `why` says what the other side did. */
  end(why: string): void {
    this.#step((auth, out) => auth.end(why, out));
  }

  #step(step: (auth: QuorumAuth, out: AuthOutput[]) => void): void {
    const { auth, wire, passed, refused } = this.#options;
    if (auth === undefined || this.#isOver) return;
    const out: AuthOutput[] = [];
    step(auth, out);
    for (const output of out) {
      if (output.type === "send") wire.write(output.bytes);
      else if (output.type === "refused") refused(output.why);
      else {
        this.#isOver = true;
        passed(output.rest);
      }
    }
  }
}
