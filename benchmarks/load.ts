// The load generator: a process of its own, told by its parent what to do.
import { Lane, type LaneOptions, type Throughput } from "./lane.ts";

export type Order =
  | { readonly do: "open"; readonly lane: string; readonly options: LaneOptions }
  | {
      readonly do: "measure";
      readonly lane: string;
      readonly inFlight: number;
      readonly warmMs: number;
      readonly ms: number;
    }
  | { readonly do: "roundTrips"; readonly lane: string; readonly count: number }
  | { readonly do: "close"; readonly lane: string };

export type Answer = Throughput | readonly number[] | undefined;

const lanes = new Map<string, Lane>();

process.on("message", async (order: Order) => {
  process.send?.((await carryOut(order)) ?? null);
});
process.on("disconnect", () => process.exit());

async function carryOut(order: Order): Promise<Answer> {
  if (order.do === "open") {
    lanes.set(order.lane, await Lane.open(order.options));
    return undefined;
  }
  const lane = lanes.get(order.lane);
  if (lane === undefined) throw new Error(`no lane ${order.lane}`);
  if (order.do === "measure") return lane.measure(order.inFlight, order.warmMs, order.ms);
  if (order.do === "roundTrips") return lane.roundTrips(order.count);
  lane.close();
  lanes.delete(order.lane);
  return undefined;
}
