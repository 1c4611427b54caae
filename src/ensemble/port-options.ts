import { badOption, Given, isWhole } from "./given.ts";

// Which ports peers listen on; where only the first is said, the others follow.

export const portMax = 65_535;

export function resolvePorts(given: Given, count: number): readonly number[] {
  const listed = given.list("clientPort");
  if (listed === undefined) {
    const first = given.whole("clientPort", 0, { min: 0, max: portMax });
    if (first > 0 && first + count - 1 > portMax) {
      throw given.bad("clientPort", `leaves no room for ${count} ports below ${portMax + 1}`);
    }
    return Array.from({ length: count }, (_, index) => (first === 0 ? 0 : first + index));
  }
  if (listed.length !== count) {
    throw given.bad("clientPort", `has ${listed.length} ports for ${count} peers`);
  }
  return listed.map((port, index) => {
    if (isWhole(port, { min: 0, max: portMax })) return port;
    throw badOption(`clientPort[${index}]`, port, "is no port");
  });
}

/** The first peer's, the others follow; 0: ephemeral ones. */
export function resolveAdmin(given: Given, count: number): number | undefined {
  const value = given.value("admin");
  if (value === undefined || value === false) return undefined;
  const admin = new Given("admin", value === true ? {} : value, { names: ["port"] });
  return admin.whole("port", 0, { min: 0, max: portMax + 1 - count });
}

/** Of the control API; port 0: an ephemeral one, without a token: a random one. */
export interface ControlChoice {
  readonly port: number;
  readonly token: string | undefined;
}

export function resolveControl(given: Given): ControlChoice | undefined {
  const value = given.value("control");
  if (value === undefined || value === false) return undefined;
  const control = new Given("control", value === true ? {} : value, { names: ["port", "token"] });
  const port = control.whole("port", 0, { min: 0, max: portMax });
  if (control.value("token") === undefined) return { port, token: undefined };
  const token = control.text("token", "");
  if (/^[\x21-\x7e]+$/.test(token)) return { port, token };
  throw badOption("control.token", "…", "has characters that no HTTP header carries");
}

/** The first peer's, the others follow; 0: ephemeral ones. */
export function resolveSecurePort(given: Given, port: number, count: number): number {
  if (port === 0) return 0;
  const key = "config.secureClientPort";
  const tls = given.value("tls") ?? false;
  if (tls === false) throw badOption(key, port, "has no effect without TLS", "tls: true");
  if (port + count - 1 <= portMax) return port;
  throw badOption(key, port, `leaves no room for ${count} ports below ${portMax + 1}`);
}
