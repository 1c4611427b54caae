import type { Ensemble, EnsembleStatus, PeerStatus } from "../ensemble/api.ts";
import type { Role } from "../ensemble/api-controls.ts";
import type { Line, Style, Terminal } from "./terminal.ts";

const columns = ["peer", "address", "role", "epoch", "zxid", "clients", "znodes"] as const;

/** One row a peer, as wide as its widest value. */
function peerTable(ensemble: Ensemble, status: EnsembleStatus): readonly Line[] {
  const rows = status.peers.map((peer) => cells(ensemble, peer));
  const widths = columns.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (row: readonly string[]): string[] =>
    row.map((cell, column) =>
      cell.padEnd(column === row.length - 1 ? 0 : (widths[column] ?? 0) + 2),
    );
  const head: Line = ["  ", { text: pad(columns).join(""), style: "dim" }];
  return [
    head,
    ...rows.map((row, index): Line => {
      const [peer = "", address = "", role = "", ...rest] = pad(row);
      const style = roleStyles[status.peers[index]?.role ?? "stopped"];
      return ["  ", peer, address, { text: role, style }, ...rest];
    }),
  ];
}

const roleStyles: Readonly<Record<Role, Style>> = {
  leader: "green",
  standalone: "green",
  follower: "cyan",
  observer: "cyan",
  readonly: "yellow",
  looking: "yellow",
  paused: "yellow",
  stopped: "dim",
  crashed: "red",
};

function cells(ensemble: Ensemble, peer: PeerStatus): readonly string[] {
  const { address } = ensemble.peer(peer.id);
  const names = [String(peer.id), address, peer.role];
  if (peer.role === "crashed" || peer.role === "stopped") return [...names, "-", "-", "-", "-"];
  const numbers = [peer.epoch, `0x${peer.zxid.toString(16)}`, peer.connections, peer.znodes];
  return [...names, ...numbers.map(String)];
}

/** Draws that follow each other sooner would flicker; followers apply what the leader has committed within this time too. */
const settleMs = 50;

/**
 * The peers on the screen. Where the terminal allows it the table stays below everything else and is drawn again shortly after
 * whatever can change it; elsewhere it is printed where the story wants it.
 */
export class PeerTable {
  readonly #ensemble: Ensemble;
  readonly #terminal: Terminal;
  #pending: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(ensemble: Ensemble, terminal: Terminal) {
    this.#ensemble = ensemble;
    this.#terminal = terminal;
    if (!terminal.live) return;
    for (const type of ["peer", "leader", "commit", "session"] as const) {
      ensemble.events.on(type, () => this.#drawSoon());
    }
  }

  async print(): Promise<void> {
    const rows = peerTable(this.#ensemble, await this.#ensemble.status());
    if (this.#ended) return;
    if (this.#terminal.live) this.#terminal.show([[], ...rows]);
    else this.#terminal.print(...rows);
  }

  /** From now on tells of each session and each change of a role in a line of its own. */
  follow(): void {
    this.#ensemble.events.on("session", ({ id, change, peer }) => {
      const where = peer === undefined ? "" : ` on peer ${peer}`;
      this.#tell(`session 0x${BigInt.asUintN(64, id).toString(16)} ${change}${where}`);
    });
    this.#ensemble.events.on("peer", ({ peer, from, to }) => {
      this.#tell(`peer ${peer}: ${from} → ${to}`);
    });
  }

  /** Takes the table off the screen; what the ensemble does from now on is not told. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#pending);
    this.#terminal.show([]);
  }

  #tell(what: string): void {
    if (!this.#ended) this.#terminal.print([`  ${what}`]);
  }

  #drawSoon(): void {
    if (this.#ended) return;
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined;
      this.print().catch(() => {}); // an ensemble that fails has its error told where it was asked for something
    }, settleMs);
  }
}
