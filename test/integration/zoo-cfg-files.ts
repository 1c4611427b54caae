import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimPorts } from "../../src/apache/free-ports.ts";

export interface ConfigFiles extends AsyncDisposable {
  readonly dir: string;
  /** A zoo.cfg a server, in order of the servers' numbers. */
  readonly files: readonly string[];
  readonly clientPorts: readonly number[];
}

/**
 * A folder with a zoo.cfg and a data directory for each of `count` servers of one quorum, or for one that stands alone. Nobody else is
 * given their ports until it is disposed of: they are bound late, and again after each start.
 */
export async function configFiles(count: number, keys = ""): Promise<ConfigFiles> {
  const dir = mkdtempSync(join(tmpdir(), "zkms-zoo-cfg-"));
  const { ports, release } = await claimPorts(count * 3);
  const [clientPorts, quorumPorts, electionPorts] = [0, 1, 2].map((kind) =>
    ports.slice(kind * count, (kind + 1) * count),
  ) as [number[], number[], number[]];
  const servers = quorumPorts.map(
    (port, index) => `server.${index + 1}=127.0.0.1:${port}:${electionPorts[index]}`,
  );
  const files = clientPorts.map((clientPort, index) => {
    const data = join(dir, `data-${index + 1}`);
    mkdirSync(data);
    writeFileSync(join(data, "myid"), `${index + 1}\n`);
    const file = join(dir, `zoo-${index + 1}.cfg`);
    const own = [`dataDir=${data}`, `clientPort=${clientPort}`, "admin.enableServer=false"];
    const quorum = count === 1 ? [] : ["initLimit=50", "syncLimit=20", ...servers];
    writeFileSync(file, ["tickTime=100", ...own, ...quorum, keys, ""].join("\n"));
    return file;
  });
  return {
    dir,
    files,
    clientPorts,
    [Symbol.asyncDispose]: () => {
      rmSync(dir, { recursive: true, force: true });
      return release();
    },
  };
}
