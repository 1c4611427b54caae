import { expect, test } from "vitest";
import { usersOf } from "../../../../src/cli/java/login-configuration.ts";

const text = `
// Client { DigestLoginModule required user_no="no"; };
Client {
  org.apache.zookeeper.server.auth.DigestLoginModule required username="bob" password="x";
};
/* Server { } */
Server {
    org.apache.zookeeper.server.auth.DigestLoginModule required
    user_super="super_secret"
    user_jaasuser="a \\"b\\" c";
};
Other { com.example.Module required; };`;

test("users of the section asked for", () => {
  expect(usersOf(text, "Server")).toEqual({ super: "super_secret", jaasuser: 'a "b" c' });
});

test.each(["Other", "None"])("section %s has none", (section) => {
  expect(usersOf(text, section)).toBeUndefined();
});
