import { expect, test } from "vitest";
import { readJavaCommand } from "../../../../src/cli/java/command-line.ts";

const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

test("properties are kept, the class path and the machine's flags are not", () => {
  const argv = ["-cp", "/a.jar:/b.jar", "-Xmx1g", "-XX:OnOutOfMemoryError=kill -9 %p"];
  const own = ["-Dzookeeper.snapCount=10", "-Dreadonlymode.enabled=true", "-Dflag", "-Dx=a=b"];
  expect(readJavaCommand([...argv, ...own, main, "zoo.cfg"])).toEqual({
    main,
    args: ["zoo.cfg"],
    properties: new Map([
      ["zookeeper.snapCount", "10"],
      ["readonlymode.enabled", "true"],
      ["flag", ""],
      ["x", "a=b"],
    ]),
  });
});

test.each([
  [["-version"], undefined, []],
  [["-cp", "x", "-version"], undefined, []],
  [["-jar", "x.jar", "-a"], undefined, ["-jar", "x.jar", "-a"]],
  [["Main", "-Dnot=a property"], "Main", ["-Dnot=a property"]],
])("%j", (argv, wanted, args) => {
  expect(readJavaCommand(argv)).toMatchObject({ main: wanted, args, properties: new Map() });
});
