import type { ApacheEngine } from "./api.ts";
import { Given, unsupportedOption } from "./given.ts";

/** Options that ask of Apache's processes what they cannot do, or what this package does not ask of them yet. */
const notOnApache: readonly (readonly [option: string, harmless: unknown])[] = [
  ["clock", "real"],
  ["peerLinks", "tcp"],
  ["tls", false],
];

/** The Apache engine that is asked for, by option or by ZKMS_ENGINE; undefined: the embedded one. */
export function resolveEngine(
  given: Given,
  fromEnvironment: string | undefined,
): ApacheEngine | undefined {
  const engine = engineOf(given, fromEnvironment);
  if (engine === undefined) return undefined;
  for (const [option, harmless] of notOnApache) {
    const value = given.value(option);
    if (value === undefined || value === harmless) continue;
    throw unsupportedOption(option, value, 'engine: "embedded"');
  }
  for (const [index, peer] of (given.list("peers") ?? []).entries()) {
    const skew = typeof peer === "object" && peer !== null && Reflect.get(peer, "clockSkew");
    if (!skew) continue;
    throw unsupportedOption(`peers[${index}].clockSkew`, skew, 'engine: "embedded"');
  }
  return engine;
}

function engineOf(given: Given, fromEnvironment: string | undefined): ApacheEngine | undefined {
  const value = given.value("engine");
  if (typeof value === "object") {
    const engine = new Given("engine", value, { names: ["kind", "classpath", "java", "jvmArgs"] });
    engine.oneOf("kind", "apache", ["apache"]);
    const classpath =
      engine.value("classpath") === undefined ? {} : { classpath: engine.text("classpath", "") };
    const java = engine.value("java") === undefined ? {} : { java: engine.text("java", "") };
    const jvmArgs = (engine.list("jvmArgs") ?? []).map(String);
    return { kind: "apache", ...classpath, ...java, jvmArgs };
  }
  const option = value === undefined ? "ZKMS_ENGINE" : "engine";
  const named = new Given("", { [option]: value ?? fromEnvironment }, { names: [option] });
  const name = named.oneOf(option, "embedded", ["embedded", "apache"]);
  return name === "apache" ? { kind: "apache" } : undefined;
}
