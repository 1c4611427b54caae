import { describe, expect, test } from "vitest";
import {
  digestOptionsOf,
  parseLoginConfiguration,
  usersOf,
} from "../../../src/zoo-cfg/login-configuration.ts";

const digest = "org.apache.zookeeper.server.auth.DigestLoginModule";
const text = `
// Client { ${digest} required user_no="no"; };
Client {
  ${digest} required username="bob" password=x; # the last one
};
/* Server {
} */
Server {
    ${digest} required
    user_super="super_secret" // not } here
    user_jaasuser="a \\"b\\" {c};";
};
Other { com.example.Module required; com.example.Second optional debug=true; };`;

describe("a login configuration", () => {
  const logins = parseLoginConfiguration(text);

  test("has the modules of each section", () => {
    expect([...logins.keys()]).toEqual(["Client", "Server", "Other"]);
    expect(logins.get("Other")).toEqual([
      { name: "com.example.Module", options: new Map() },
      { name: "com.example.Second", options: new Map([["debug", "true"]]) },
    ]);
  });

  test("has users, and who logs in, where DigestLoginModule is told so", () => {
    expect(usersOf(digestOptionsOf(logins, "Server") ?? new Map())).toEqual(
      new Map([
        ["super", "super_secret"],
        ["jaasuser", 'a "b" {c};'],
      ]),
    );
    expect(digestOptionsOf(logins, "Client")?.get("username")).toBe("bob");
    expect(digestOptionsOf(logins, "Client")?.get("password")).toBe("x");
  });

  test.each(["Other", "None"])("has none of it in section %s", (section) => {
    expect(digestOptionsOf(logins, section)).toBeUndefined();
  });
});

test.each([
  ["Server", "at the end: nothing stands where { should"],
  ["Server { a required;\n}", "at the end: nothing stands where ; should"],
  ["Server {\n a required x;\n};", "line 2: ; stands where = should"],
  ["Server { a; };", "line 1: ; stands where required or another flag should"],
  ['\nServer { a required x="1\n"; };', 'line 2: " has no meaning here'],
])("%j is none", (wrong, why) => {
  expect(() => parseLoginConfiguration(wrong)).toThrow(why);
});
