import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePorts } from "../../src/apache/free-ports.ts";

const sbin = "/usr/sbin";
const startMsMax = 20_000;

/** A realm of Kerberos with a KDC of Debian's, on a port of its own and in a folder of its own. */
export class Realm implements AsyncDisposable {
  static readonly realm = "ZKMS.TEST";
  /** krb5.conf */
  readonly config: string;
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;
  #kdc: ChildProcess | undefined;
  readonly #port: number;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.#port = port;
    this.config = join(dir, "krb5.conf");
    const profile = join(dir, "kdc.conf");
    this.#env = { ...process.env, KRB5_CONFIG: this.config, KRB5_KDC_PROFILE: profile };
    writeFileSync(
      this.config,
      `[libdefaults]
  default_realm = ${Realm.realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${Realm.realm} = {
    kdc = 127.0.0.1:${port}
  }
`,
    );
    writeFileSync(
      profile,
      `[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${Realm.realm} = {
    database_name = ${join(dir, "principal")}
    key_stash_file = ${join(dir, "stash")}
    acl_file = ${join(dir, "kadm5.acl")}
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:${join(dir, "kdc.log")}
`,
    );
  }

  static async start(dir: string): Promise<Realm> {
    mkdirSync(dir);
    const [port = 0] = await freePorts(1);
    const realm = new Realm(dir, port);
    realm.#run("kdb5_util", ["create", "-s", "-P", "master", "-r", Realm.realm]);
    await realm.startKdc();
    return realm;
  }

  /** A new principal with random keys; its name with the realm. */
  add(name: string): string {
    this.#run("kadmin.local", ["-q", `addprinc -randkey ${name}`]);
    return `${name}@${Realm.realm}`;
  }

  remove(name: string): void {
    this.#run("kadmin.local", ["-q", `delprinc -force ${name}`]);
  }

  /** Writes a file with keys of principals: the old ones, or new ones in their place. */
  keytab(file: string, names: readonly string[], keys: "old" | "new" = "old"): string {
    const path = join(this.#dir, file);
    const norandkey = keys === "old" ? "-norandkey " : "";
    this.#run("kadmin.local", ["-q", `ktadd -k ${path} ${norandkey}${names.join(" ")}`]);
    return path;
  }

  async startKdc(): Promise<void> {
    const kdc = spawn(join(sbin, "krb5kdc"), ["-n"], { env: this.#env, stdio: "ignore" });
    this.#kdc = kdc;
    const deadline = performance.now() + startMsMax;
    while (!(await answers(this.#port))) {
      if (kdc.exitCode !== null || performance.now() > deadline) {
        throw new Error(`the KDC does not run; see ${this.#dir}`);
      }
    }
  }

  async stopKdc(): Promise<void> {
    const kdc = this.#kdc;
    this.#kdc = undefined;
    if (kdc === undefined || kdc.exitCode !== null) return;
    const ended = new Promise((resolve) => kdc.once("exit", resolve));
    kdc.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopKdc();
  }

  #run(program: string, args: readonly string[]): void {
    execFileSync(join(sbin, program), args, { env: this.#env, stdio: "pipe" });
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (isOpen: boolean) => () => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.on("connect", end(true)).on("error", end(false));
  });
