// What only peers in this process can do: time and disks are the machine's here.
import type { Clock, Ms, Storage } from "../ensemble/api-controls.ts";
import type { Calls } from "../ensemble/calls.ts";
import { unsupported } from "../ensemble/unsupported.ts";

const embedded = `engine: "embedded"`;

export const onApache = (call: string, hint: string = embedded): Promise<never> =>
  unsupported(`${call} on Apache ZooKeeper`, hint);

export const noStorage: Storage = {
  fail: () => onApache("storage.fail"),
  slow: () => onApache("storage.slow"),
  fill: () => onApache("storage.fill"),
  corrupt: () => onApache("storage.corrupt"),
  files: () => onApache("storage.files"),
};

/** A clock to be read. */
export const machineClock = (calls: Calls, now: () => Ms): Clock => ({
  now: () => calls.run(now),
  advance: () => onApache("clock.advance"),
  freeze: () => onApache("clock.freeze"),
  skew: () => onApache("clock.skew"),
});
