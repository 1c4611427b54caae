import { expect, test } from "vitest";
import { callOptions } from "../../../src/client/arguments.ts";
import { type ConnectOptions, readClientOptions } from "../../../src/client/options.ts";

test("what is not given has a default", () => {
  expect(readClientOptions({})).toEqual({
    sessionTimeout: 30_000,
    connectTimeout: 4_000,
    readOnly: false,
    chroot: "",
    auths: [],
  });
});

test("a chroot of nothing or of the root is none", () => {
  const chroots = ["", "/", "/a/b"].map((chroot) => readClientOptions({ chroot }).chroot);
  expect(chroots).toEqual(["", "", "/a/b"]);
});

test.each<[object, string]>([
  [
    { sessionTimout: 5 },
    "option sessionTimout: 5 is an option nobody knows\n  try     sessionTimeout",
  ],
  [{ sessionTimeout: "5s" }, 'option sessionTimeout: "5s" is not a whole number from 1'],
  [{ chroot: "no/slash" }, 'option chroot: "no/slash" is not an absolute path'],
  [{ auth: "digest" }, 'option auth: "digest" is not a list'],
  [{ auth: [{ scheme: "digest" }] }, "option auth[0].auth: undefined is not a text"],
])("%j is refused", (options, message) => {
  expect(() => readClientOptions(options as ConnectOptions)).toThrow(
    expect.objectContaining({
      code: "ZKMS_BAD_OPTIONS",
      message: expect.stringContaining(message),
    }),
  );
});

test.each<[unknown, string]>([
  [{ ephemeral: true }, "option ephemeral: true is an option nobody knows\n  try     mode"],
  [7, "option options: 7 is no object of options\n  try     { mode: … }"],
])("a call's options: %j are refused", (options, message) => {
  expect(() => callOptions(options as object, ["mode", "ttl"])).toThrow(message);
});
