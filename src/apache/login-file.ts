/** The JAAS login configuration by which a server knows its users of DIGEST-MD5. */
export function loginFile(users: ReadonlyMap<string, string>): string {
  const entries = [...users].map(
    ([name, password]) => ` ${quoted(`user_${name}`)}=${quoted(password)}`,
  );
  const module = "org.apache.zookeeper.server.auth.DigestLoginModule required";
  return `Server {\n${[module, ...entries].join("\n")};\n};\n`;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
