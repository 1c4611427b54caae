import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { ClientItem, Operation } from "./operation.ts";
import type { Findings } from "./report.ts";
import { type Waiting, Waits } from "./waits.ts";

/** Without a log: nothing fires that nobody waits for, nothing twice, and no answer shows a change before its event. */
export function judgeWatchesByReplies(items: readonly ClientItem[], findings: Findings): void {
  const waits = new Waits(items);
  for (const item of items) {
    switch (item.type) {
      case "call":
        break;
      case "return":
        if (item.operation.outcome === "unknown") break;
        checkNothingMissed(waits, item.operation, findings);
        // The moment stands for the state: what was set on this connection is due before any later answer.
        waits.register(item.operation, 0 as never);
        break;
      case "watch": {
        const { watch } = item;
        const due = waits.waitingFor(watch).filter((one) => waits.firesBy(one, watch));
        const isSecond = waits.wasUsed(watch);
        for (const one of due) waits.use(one, watch.of);
        if (due.length > 0 || waits.isLasting(watch)) break;
        findings.add(
          isSecond ? "watch-twice" : "watch-unasked",
          {
            what: `client ${watch.client} hears of ${watch.event} ${watch.path}`,
            expected: isSecond
              ? "once, as it did not watch again"
              : "nothing, as nobody waits for it",
            seen: `${watch.event} ${watch.path}`,
          },
          [watch],
        );
        break;
      }
      case "state":
        waits.stateChanged(item.state.state);
    }
  }
}

/** An answer of the same connection about the same path shows another state than that which the watch was set at. */
function checkNothingMissed(waits: Waits, operation: Operation, findings: Findings): void {
  const { asked, shown } = operation;
  if (asked === undefined || operation.isWrite || shown === undefined) return;
  for (const waiting of waits.all()) {
    if (waiting.since === undefined || waiting.path !== operation.call.path) continue;
    const change = changeBetween(waiting, operation);
    if (change === undefined) continue;
    waits.drop(waiting);
    findings.of("watch-missed", [waiting.by, operation], {
      expected: `to hear of a change of ${waiting.path} first`,
      seen: change,
    });
  }
}

function changeBetween({ by, kind }: Waiting, { asked, shown }: Operation): string | undefined {
  const before = by.shown;
  const isRead =
    asked?.type === OpCode.getData ||
    asked?.type === OpCode.exists ||
    asked?.type === OpCode.getChildren2;
  if (!isRead || before === undefined || shown === undefined) return undefined;
  const wasThere = before.err === 0;
  const isThere = shown.err === 0;
  if (!isThere && shown.err !== ErrorCode.NONODE) return undefined;
  if (wasThere !== isThere) return isThere ? "it is there now" : "it is gone";
  const field = kind === "data" ? "mzxid" : "pzxid";
  const [old, now] = [before.stat?.[field], shown.stat?.[field]];
  if (old === undefined || now === undefined || now <= old) return undefined;
  return `${field} 0x${now.toString(16)} where it was 0x${old.toString(16)}`;
}
