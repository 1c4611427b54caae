/** Whom a ticket is of or for: `zkquorum/host.example@EXAMPLE`. */
export interface Principal {
  readonly parts: readonly string[];
  readonly realm: string;
}

/** Without a realm of its own it is of `realm`. */
export function principalOf(text: string, realm: string): Principal {
  const at = text.lastIndexOf("@");
  const name = at < 0 ? text : text.slice(0, at);
  return { parts: name.split("/"), realm: at < 0 ? realm : text.slice(at + 1) };
}

export const formatPrincipal = ({ parts, realm }: Principal): string =>
  `${parts.join("/")}@${realm}`;

export const isSame = (left: Principal, right: Principal): boolean =>
  formatPrincipal(left) === formatPrincipal(right);
