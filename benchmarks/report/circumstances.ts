// The machine that figures come from.
import { cpus, loadavg, totalmem } from "node:os";

export interface Circumstances {
  readonly at: string;
  readonly node: string;
  readonly processors: number;
  readonly model: string;
  readonly memoryGb: number;
  /** Of the last minute, before the first row and after the last. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export const currentLoad = (): number => loadavg()[0] ?? 0;

export function circumstances(loadBefore: number): Circumstances {
  return {
    at: new Date().toISOString().slice(0, 16).replace("T", " "),
    node: process.version,
    processors: cpus().length,
    model: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadBefore,
    loadAfter: currentLoad(),
  };
}

/** Other work was running before the first row. */
export const isBusy = ({ loadBefore, processors }: Circumstances): boolean =>
  loadBefore > processors / 2;

export function circumstancesText(of: Circumstances): string {
  const machine = `Node ${of.node}, ${of.processors} × ${of.model}, ${of.memoryGb} GB, ${of.at} UTC`;
  const loads = `load average ${of.loadBefore.toFixed(2)} before, ${of.loadAfter.toFixed(2)} after`;
  const noisy =
    "noisy: other work was running before the first row; read the ratios, not the figures";
  return [machine, loads, ...(isBusy(of) ? [noisy] : [])].join("\n");
}
