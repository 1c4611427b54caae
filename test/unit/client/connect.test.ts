import { expect, test } from "vitest";
import { connect, parseConnectString } from "../../../src/client/connect.ts";

test.each([
  ["127.0.0.1:2182", [{ host: "127.0.0.1", port: 2182 }], undefined],
  [
    "a:1, b:2/app/x",
    [
      { host: "a", port: 1 },
      { host: "b", port: 2 },
    ],
    "/app/x",
  ],
  ["localhost", [{ host: "localhost", port: 2181 }], undefined],
  ["[::1]:2181/", [{ host: "::1", port: 2181 }], "/"],
])("%s names these servers", (text, servers, chroot) => {
  expect(parseConnectString(text)).toEqual({ servers, chroot });
});

test.each(["", ",", "a:0", "a:70000", "a:b", "::1:2181"])("%j names none", async (text) => {
  await expect(connect(text)).rejects.toMatchObject({ code: "ZKMS_BAD_OPTIONS" });
});

test("a connect string that is not there is told, as of a variable that is not set", async () => {
  const unset = process.env["ZKMS_NOBODY_SETS_THIS"] as unknown as string;
  await expect(connect(unset)).rejects.toMatchObject({
    code: "ZKMS_BAD_OPTIONS",
    message: expect.stringContaining("option connectString: undefined is no text"),
  });
});

test("two chroots are one too many", async () => {
  await expect(connect("a:1/x", { chroot: "/y" })).rejects.toMatchObject({
    code: "ZKMS_BAD_OPTIONS",
  });
});
