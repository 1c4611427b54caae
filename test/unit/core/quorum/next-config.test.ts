import { describe, expect, test } from "vitest";
import { zxidOf } from "../../../../src/core/base/ids.ts";
import { errorName } from "../../../../src/core/protocol/error-codes.ts";
import type { ReconfigRequest } from "../../../../src/core/protocol/requests.ts";
import { formatConfig, parseConfig } from "../../../../src/core/quorum/config.ts";
import { nextConfig } from "../../../../src/core/quorum/next-config.ts";

const spec = (sid: number, host = "127.0.0.1"): string =>
  `server.${sid}=${host}:2${sid}:3${sid}:participant;${host}:4${sid}`;

const last = parseConfig([1, 2, 3].map((sid) => spec(sid, `10.0.0.${sid}`)).join("\n"));
const grouped = parseConfig(`${[1, 2].map((sid) => spec(sid)).join("\n")}\ngroup.1=1:2`);

function outcome(
  request: Partial<ReconfigRequest>,
  { from = last, isStandaloneEnabled = true } = {},
): string[] | string {
  const asked = { joining: null, leaving: null, members: null, configId: -1, ...request };
  const next = nextConfig(asked, from, { version: zxidOf(7), isStandaloneEnabled });
  return typeof next === "number" ? errorName(next) : formatConfig(next).split("\n");
}

const one = spec(1, "10.0.0.1");
const two = spec(2, "10.0.0.2");
const three = spec(3, "10.0.0.3");

describe("joining and leaving", () => {
  test.each([
    ["nobody is a change of the version alone", {}, [one, two, three, "version=7"]],
    ["a peer leaves", { leaving: "2" }, [one, three, "version=7"]],
    ["who is not there may leave", { leaving: "9, 2" }, [one, three, "version=7"]],
    ["a peer joins", { joining: spec(4) }, [one, two, three, spec(4), "version=7"]],
    ["who is there is replaced", { joining: spec(2) }, [one, spec(2), three, "version=7"]],
    ["who leaves may join at once", { leaving: "2", joining: two }, [one, two, three, "version=7"]],
    [
      "a port alone is one of all addresses",
      { leaving: "2,3", joining: "server.4=h:1:2:observer;3" },
      [one, "server.4=h:1:2:observer;0.0.0.0:3", "version=7"],
    ],
    ["without a client's port is refused", { joining: "server.4=h:1:2" }, "BADARGUMENTS"],
    ["one port for two uses is refused", { joining: "server.4=h:1:1;3" }, "BADARGUMENTS"],
    ["a text that is no server is refused", { joining: "server.4" }, "BADARGUMENTS"],
    ["another's address is refused", { joining: "server.4=10.0.0.1:21:9;8" }, "BADARGUMENTS"],
    [
      "loopback may be anybody's",
      { leaving: "1,2,3", joining: "server.4=localhost:1:2;3,server.5=localhost:1:2;3" },
      [
        "server.4=localhost:1:2:participant;0.0.0.0:3",
        "server.5=localhost:1:2:participant;0.0.0.0:3",
        "version=7",
      ],
    ],
    ["a number that is none ends as Java's exception", { leaving: "x" }, "MARSHALLINGERROR"],
    ["of a joiner too", { joining: "server.x=h:1:2;3" }, "MARSHALLINGERROR"],
    ["and so does a port beyond all", { joining: "server.4=h:65536:2;3" }, "MARSHALLINGERROR"],
    ["or of clients", { joining: "server.4=h:1:2;65536" }, "MARSHALLINGERROR"],
    ["a number beyond Java's is refused", { joining: "server.4=h:2147483648:2;3" }, "BADARGUMENTS"],
    [
      "a client's port that is no number is refused",
      { joining: "server.4=h:1:2;x" },
      "BADARGUMENTS",
    ],
    ["a port below 0 ends as one", { joining: "server.4=h:-1:2;3" }, "MARSHALLINGERROR"],
    ["and so does a client's", { joining: "server.4=h:1:2;-5" }, "MARSHALLINGERROR"],
    ["several addresses are refused", { joining: "server.4=h:1:2|i:1:2;3" }, "BADARGUMENTS"],
    ["a role that is none is refused", { joining: "server.4=h:1:2:leader;3" }, "BADARGUMENTS"],
    ["blanks around a port are refused", { joining: "server.4=h:1:2 ; 3" }, "BADARGUMENTS"],
  ])("%s", (_what, request, expected) => {
    expect(outcome(request)).toEqual(expected);
  });

  test("is no way to change groups", () => {
    expect(outcome({ leaving: "1" }, { from: grouped })).toBe("BADARGUMENTS");
  });

  test("takes no more voters, old and new, than a mask has bits", () => {
    const many = Array.from({ length: 28 }, (_, index) => `server.${index + 4}=h:1:2;3`);
    const names = many.map((text, index) => text.replace("h", `h${index}`)).join(",");
    expect(outcome({ joining: names })).toBe("BADARGUMENTS");
  });
});

describe("all members anew", () => {
  test.each([
    [
      "by commas or by lines",
      { members: `${one},${two}\n${three}` },
      [one, two, three, "version=7"],
    ],
    [
      "with groups and weights",
      { members: `${one},${two},group.1=1:2,weight.1=3` },
      [one, two, "group.1=1:2", "weight.1=3", "weight.2=1", "version=7"],
    ],
    ["with an unknown key", { members: `${one},clientPort=1` }, "BADARGUMENTS"],
    ["with a number that is none", { members: `${one},server.x=h:1:2;3` }, "MARSHALLINGERROR"],
    ["with a port beyond all", { members: `${one},server.2=h:1:65536;3` }, "MARSHALLINGERROR"],
    ["with a blank at the end", { members: `${one} ` }, "BADARGUMENTS"],
    ["with weights without groups", { members: `${one},weight.1=1` }, "BADARGUMENTS"],
    ["with a voter in two groups", { members: `${one},group.1=1,group.2=1` }, "BADARGUMENTS"],
    ["with a voter in none", { members: `${one},group.1=9` }, "BADARGUMENTS"],
    ["observers alone", { members: "server.1=h:1:2:observer;3" }, "MARSHALLINGERROR"],
    [
      "one voter with an observer",
      { members: `${one},server.2=h:1:2:observer;3` },
      "MARSHALLINGERROR",
    ],
  ])("%s", (_what, request, expected) => {
    expect(outcome(request)).toEqual(expected);
  });

  test("one voter with an observer, where standaloneEnabled is off", () => {
    const members = `${one},server.2=h:1:2:observer;3`;
    expect(outcome({ members }, { isStandaloneEnabled: false })).toHaveLength(3);
  });
});
