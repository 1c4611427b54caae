/**
 * The users of one section of a JAAS login configuration, for DIGEST-MD5: what `DigestLoginModule` is told as `user_NAME="password"`.
 * undefined: there is no such section.
 */
export function usersOf(text: string, section: string): Record<string, string> | undefined {
  const plain = text.replace(/\/\*.*?\*\//gs, "").replace(/^\s*(\/\/|#).*$/gm, "");
  for (const [, name, body = ""] of plain.matchAll(/([\w.-]+)\s*\{([^}]*)\}/g)) {
    if (name !== section || !body.includes("DigestLoginModule")) continue;
    const users = [...body.matchAll(/\buser_([^\s=]+)\s*=\s*"((?:\\.|[^"\\])*)"/g)];
    return Object.fromEntries(
      users.map(([, user = "", password = ""]) => [user, password.replace(/\\(.)/g, "$1")]),
    );
  }
  return undefined;
}
