import type { Zxid } from "../../core/base/ids.ts";
import { opName } from "../../core/protocol/op-codes.ts";
import type { Recovered, Store } from "../../core/storage/ports.ts";
import { type AnyStore, isFlushing } from "../../runtime/journal.ts";
import { hex } from "../picture.ts";
import { debugLine } from "./lines.ts";

/** The store, which tells as lines what a peer asks of it; the very same where DEBUG asks for none of them. */
export function debugStore(store: AnyStore, who: string): AnyStore {
  const line = debugLine("storage");
  if (line === undefined) return store;
  const tell = (text: string): void => line(who, text);
  const asked: Omit<Store, "recover"> = {
    append: (entry) => {
      tell(`appends ${zxid(entry.zxid)} ${opName(entry.txn.type)}`);
      store.append(entry);
    },
    truncate: (after) => {
      tell(`forgets what follows ${zxid(after)}`);
      store.truncate(after);
    },
    saveEpoch: (which, epoch) => {
      tell(`${which} epoch ${epoch}`);
      store.saveEpoch(which, epoch);
    },
    saveConfig: (text, next) => {
      tell(`saves the configuration${next === undefined ? "" : ", and the next one"}`);
      store.saveConfig(text, next);
    },
    saveSnapshot: (snapshot, replacesLog) => {
      tell(snapshotAt(snapshot.zxid, replacesLog));
      store.saveSnapshot(snapshot, replacesLog);
    },
  };
  const found = <T extends Recovered>(recovered: T): T => {
    tell(foundText(recovered));
    return recovered;
  };
  if (!isFlushing(store)) return { ...asked, recover: () => found(store.recover()) };
  return {
    ...asked,
    recover: () => store.recover().then(found),
    flush: (options) => store.flush(options),
    beginSnapshot: (at, onDrained) => store.beginSnapshot(at, onDrained),
    saveDraft: (draft, at, replacesLog) => {
      tell(snapshotAt(at, replacesLog));
      store.saveDraft(draft, at, replacesLog);
    },
    close: () => store.close(),
    crash: () => store.crash(),
  };
}

const zxid = (value: Zxid): string => hex(BigInt(value));

const snapshotAt = (at: Zxid, replacesLog: boolean): string =>
  `saves the snapshot at ${zxid(at)}${replacesLog ? " in place of its log" : ""}`;

function foundText({ acceptedEpoch, currentEpoch, snapshot }: Recovered): string {
  const state = snapshot === undefined ? "no snapshot" : `a snapshot at ${zxid(snapshot.zxid)}`;
  return `finds ${state}, epoch ${currentEpoch} of ${acceptedEpoch} accepted`;
}
