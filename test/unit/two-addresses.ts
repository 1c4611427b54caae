import dns from "node:dns";
import { onTestFinished, vi } from "vitest";

/** For one test every host has two addresses, as localhost has one of each family; port 1 answers at neither. */
export function everyHostHasTwoAddresses(): void {
  const found = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
  const lookup = vi.spyOn(dns, "lookup");
  onTestFinished(() => lookup.mockRestore());
  lookup.mockImplementation(((_: string, __: unknown, done: (...of: unknown[]) => void) => {
    done(null, found);
  }) as typeof dns.lookup);
}

export const bothRefuse = "connect ECONNREFUSED 127.0.0.1:1, connect ECONNREFUSED 127.0.0.2:1";
