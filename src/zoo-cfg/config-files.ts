import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Sid, Zxid } from "../core/base/ids.ts";
import { memberOf, parseConfig, versionIn } from "../core/quorum/config.ts";
import { codeOf, ZkmsError } from "../ensemble/errors.ts";
import type { ConfigFiles } from "../runtime/disk/disk-store.ts";
import type { Files } from "../runtime/disk/files.ts";
import { replaceFile } from "../runtime/disk/replace-file.ts";
import { systemFiles } from "../runtime/disk/system-files.ts";
import { parseProperties } from "./java-properties.ts";

export interface ZooCfgFilesOptions {
  /** The zoo.cfg. */
  readonly file: string;
  readonly sid: Sid;
  /** Of the configuration that stands in the files now. */
  readonly version: Zxid;
  /** A file cannot be written, and the peer goes on without it. */
  readonly warn: (text: string) => void;
  /** Default: the machine's. */
  readonly files?: Files;
}

/**
 * The files that a peer is started from, kept up with who belongs as Apache keeps them (`QuorumPeer.setQuorumVerifier`), so that
 * either kind of server starts from them the next time:
 *
 *   zoo.cfg.bak            the zoo.cfg that still held the servers
 *   zoo.cfg.dynamic.HEX    the servers as of one version; older ones stay
 *   zoo.cfg                all else, and the name of the dynamic file in force
 *   zoo.cfg.dynamic.next   what is proposed; gone when it is in force
 */
export class ZooCfgFiles implements ConfigFiles {
  readonly #options: ZooCfgFilesOptions;
  readonly #files: Files;
  #version: Zxid;

  constructor(options: ZooCfgFilesOptions) {
    this.#options = options;
    this.#files = options.files ?? systemFiles;
    this.#version = options.version;
  }

  /** Before a zoo.cfg loses its servers to a file of their own. Like Apache's a peer does not start where that cannot be: ZKMS_BAD_OPTIONS. */
  async backUp(): Promise<void> {
    const { file } = this.#options;
    try {
      await this.#replace(`${file}.bak`, this.#read(file));
    } catch (error) {
      throw new ZkmsError("ZKMS_BAD_OPTIONS", `${file}.bak cannot be written`, {
        why: `${codeOf(error) ?? error}; a peer with reconfigEnabled rewrites its zoo.cfg, and keeps the old one by that name`,
        hint: "a folder that the peer may write to, a zoo.cfg with dynamicConfigFile, or reconfigEnabled=false",
        cause: error,
      });
    }
  }

  /** Never rejects: what cannot be written is told, and the store holds the configuration all the same. */
  async save(text: string, next: string | undefined): Promise<void> {
    const { file } = this.#options;
    const nextFile = `${file}.dynamic.next`;
    if (next !== undefined) {
      await this.#tryTo(nextFile, () => this.#replace(nextFile, latin1(sortedLines(next))));
    }
    const version = versionIn(text);
    if (version > this.#version) {
      const dynamicFile = `${file}.dynamic.${hex(version)}`;
      const written = await this.#tryTo(file, async () => {
        await this.#replace(dynamicFile, latin1(dynamicText(text)));
        await this.#pointTo(dynamicFile, text);
      });
      if (written) this.#version = version;
    }
    if (next === undefined) await this.#tryTo(nextFile, () => this.#files.remove(nextFile));
  }

  /** With the client port in the server's own line the static one goes: they may differ from here on. */
  async #pointTo(dynamicFile: string, text: string): Promise<void> {
    const { file, sid } = this.#options;
    const own = memberOf(parseConfig(text), sid);
    const edited = pointedTo(this.#read(file).toString("latin1"), {
      dynamicFile: join(realpathSync(dirname(dynamicFile)), basename(dynamicFile)),
      withoutClientPort: own?.client !== undefined,
    });
    await this.#replace(file, latin1(edited));
  }

  async #tryTo(path: string, write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      this.#options.warn(
        `a new configuration cannot be written to ${path} (${codeOf(error) ?? error}); it is kept in dataDir`,
      );
      return false;
    }
  }

  #read(path: string): Buffer {
    const content = this.#files.read(path);
    if (content === undefined) throw new Error("there is no such file any more");
    return Buffer.from(content);
  }

  #replace(path: string, content: Uint8Array): Promise<void> {
    return replaceFile(this.#files, path, content, { sync: true });
  }
}

/** Java's properties are one byte a character: so every byte of a file stays what it was. */
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

const hex = (version: Zxid): string => BigInt.asUintN(64, BigInt(version)).toString(16);

const sortedLines = (text: string): string => text.split("\n").sort().join("\n");

/** The version is in the file's name. */
export const dynamicText = (text: string): string =>
  sortedLines(text.replace(/\n?^version=.*$/m, ""));

const isOfServers = /^(server\.|group|weight|dynamicConfigFile|peerType)/;
const isOfClientPort = /^clientPort(Address)?$/;

/** A zoo.cfg without its servers, which stand in `dynamicFile`; every other line is left as its author wrote it. */
export function pointedTo(
  zooCfg: string,
  {
    dynamicFile,
    withoutClientPort,
  }: { readonly dynamicFile: string; readonly withoutClientPort: boolean },
): string {
  const lines: string[] = zooCfg.match(/[^\r\n]*(\r\n|\r|\n|$)/g) ?? [];
  for (const { key, line, lineCount } of parseProperties(zooCfg)) {
    if (!isOfServers.test(key) && !(withoutClientPort && isOfClientPort.test(key))) continue;
    lines.fill("", line - 1, line - 1 + lineCount);
  }
  const kept = lines.join("");
  const end = kept === "" || /[\r\n]$/.test(kept) ? "" : "\n";
  return `${kept}${end}dynamicConfigFile=${escaped(dynamicFile)}\n`;
}

const escaped = (value: string): string =>
  value.replace(
    /[^\x20-\x7e]|\\/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
