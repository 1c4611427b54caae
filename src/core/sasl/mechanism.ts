// What the quorum's authentication, and a client's, ask of a mechanism of SASL. One object is one side of one exchange.

/** What a token of the server leads to, at the side that dials: an answer, or an end. */
export type LoginStep =
  | { readonly kind: "answer"; readonly token: Uint8Array }
  /** The server has proved what this side asks of it. */
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly why: string };

/** The side that dials. */
export interface SaslLogin {
  /** As whom. */
  readonly user: string;
  /** What the exchange begins with. */
  readonly first: Uint8Array;
  /** null is a server's token that has nothing to say. */
  take(token: Uint8Array | null): LoginStep;
}

/** What a token of the other side leads to, at the side that accepts. */
export type SaslAnswer =
  | { readonly kind: "challenge"; readonly token: Uint8Array }
  /** It has proved to be `user`, and says to act for `authzid`. A token of null: there is nothing more to say. */
  | {
      readonly kind: "known";
      readonly token: Uint8Array | null;
      readonly user: string;
      readonly authzid: string;
    }
  /** `why` begins with "it", the other side. */
  | { readonly kind: "refused"; readonly why: string };

/** The side that accepts. */
export interface SaslExchange {
  answer(token: Uint8Array): SaslAnswer;
}
