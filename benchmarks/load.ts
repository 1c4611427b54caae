// The load generator: a process of its own, told by its parent what to do.
import { Churn, type ChurnOptions } from "./churn.ts";
import { type CrowdOptions, grow } from "./crowd.ts";
import { FanOut, type FanOutOptions } from "./fan-out.ts";
import { Lane, type LaneOptions, type Throughput } from "./lane.ts";

export type Order =
  | { readonly do: "open"; readonly lane: string; readonly options: LaneOptions }
  | { readonly do: "openChurn"; readonly lane: string; readonly options: ChurnOptions }
  | { readonly do: "grow"; readonly options: CrowdOptions }
  | { readonly do: "openFanOut"; readonly lane: string; readonly options: FanOutOptions }
  | {
      readonly do: "measure";
      readonly lane: string;
      readonly inFlight: number;
      readonly warmMs: number;
      readonly ms: number;
    }
  | {
      readonly do: "roundTrips";
      readonly lane: string;
      readonly count: number;
      readonly ms: number;
    }
  | { readonly do: "close"; readonly lane: string };

export type Answer = Throughput | string | undefined;

const lanes = new Map<string, Lane | Churn | FanOut>();

process.on("message", async (order: Order) => {
  process.send?.((await carryOut(order)) ?? null);
});
process.on("disconnect", () => process.exit());

async function carryOut(order: Order): Promise<Answer> {
  switch (order.do) {
    case "open":
      lanes.set(order.lane, await Lane.open(order.lane, order.options));
      return undefined;
    case "openChurn":
      lanes.set(order.lane, new Churn(order.options));
      return undefined;
    case "openFanOut":
      lanes.set(order.lane, await FanOut.open(order.options));
      return undefined;
    case "grow":
      await grow(order.options);
      return undefined;
    case "measure":
      return laneOf(order).measure(order.inFlight, order.warmMs, order.ms);
    case "roundTrips": {
      const lane = laneOf(order);
      if (!(lane instanceof Lane)) throw new Error(`${order.lane} has no round trips`);
      return lane.roundTrips(order.count, order.ms);
    }
    case "close":
      laneOf(order).close();
      lanes.delete(order.lane);
      return undefined;
  }
}

function laneOf({ lane }: { readonly lane: string }): Lane | Churn | FanOut {
  const found = lanes.get(lane);
  if (found === undefined) throw new Error(`no lane ${lane}`);
  return found;
}
