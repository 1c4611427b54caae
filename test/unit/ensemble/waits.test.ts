import { describe, expect, test } from "vitest";
import { ZkmsError } from "../../../src/ensemble/errors.ts";
import { Attempt, type WaitRequest, Waits } from "../../../src/ensemble/waits.ts";
import { machineNow } from "../../../src/runtime/machine-time.ts";

function waits(stalledMs = () => 0): Waits {
  return new Waits({
    timeout: 20_000,
    tickTime: 100,
    stalledMs,
    failure: (code, what, { why, hint, cause }) => new ZkmsError(code, what, { why, hint, cause }),
  });
}

const request = <T>(check: () => T | undefined, options?: WaitRequest<T>["options"]) => ({
  what: "nothing",
  check,
  explain: () => ({ why: "it is so", hint: "patience" }),
  options,
});

describe("a wait", () => {
  test("that is over at once asks once", async () => {
    let asked = 0;
    const answer = await waits().until(
      request(() => {
        asked += 1;
        return "there";
      }),
    );
    expect([answer, asked]).toEqual(["there", 1]);
  });

  test("is asked again at news, and only then", async () => {
    const all = waits();
    let asked = 0;
    const answer = all.until(
      request(() => {
        asked += 1;
        return asked === 3 ? asked : undefined;
      }),
    );
    expect(asked).toBe(1);
    all.recheck();
    expect(asked).toBe(2);
    all.recheck();
    all.recheck();
    expect(await answer).toBe(3);
    expect([asked, all.length]).toEqual([3, 0]);
  });

  test("that runs out says what it missed, for how long, and why", async () => {
    await expect(waits().until(request(() => undefined, { timeout: 5 }))).rejects.toThrow(
      new ZkmsError("ZKMS_WAIT_TIMEOUT", "nothing after 5 ms", {
        why: "it is so",
        hint: "patience",
      }),
    );
  });

  test("asks a last time before it gives up", async () => {
    let asked = 0;
    const check = () => {
      asked += 1;
      return asked === 2 ? asked : undefined;
    };
    expect(await waits().until(request(check, { timeout: 1 }))).toBe(2);
  });

  test("does not count time in which the event loop could not turn", async () => {
    // Nothing stalled when the wait began; when its timer first rings, all of the time was a stall.
    const began = machineNow();
    let asked = 0;
    let stalledMs = 0;
    const all = waits(() => {
      asked += 1;
      if (asked === 2) stalledMs = machineNow() - began;
      return stalledMs;
    });
    const failed = all.until(request(() => undefined, { timeout: 30 }));
    await expect(failed).rejects.toThrow("nothing after 30 ms");
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  test("ends with the signal's reason", async () => {
    const all = waits();
    const controller = new AbortController();
    const aborted = all.until(request(() => undefined, { signal: controller.signal }));
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const late = all.until(request(() => undefined, { signal: controller.signal }));
    await expect(late).rejects.toThrow("enough");
    expect(all.length).toBe(0);
  });

  test("ends with what its check throws", async () => {
    const broken = waits().until(
      request(() => {
        throw new Error("a bug");
      }),
    );
    await expect(broken).rejects.toThrow("a bug");
  });

  test("ends when there will be no more news", async () => {
    const all = waits();
    const waiting = all.until(request(() => undefined));
    all.fail(() => new ZkmsError("ZKMS_CLOSED", "closed"));
    await expect(waiting).rejects.toThrow("closed");
  });

  test("that runs out has a stack that leads to who waits", async () => {
    async function somebodyWaits(): Promise<void> {
      await waits().until(request(() => undefined, { timeout: 1 }));
    }
    const error = await somebodyWaits().catch((reason: unknown) => reason);
    expect(error).toHaveProperty("stack", expect.stringContaining("somebodyWaits"));
  });

  test.each([-1, 1.5, Number.NaN, "5"])("takes no timeout of %s", async (timeout) => {
    const options = { timeout: timeout as number };
    const waiting = waits().until(request(() => undefined, options));
    await expect(waiting).rejects.toThrow("option timeout");
  });
});

describe("an attempt", () => {
  test("passes with anything true and takes a throw as not yet", () => {
    let answer: () => unknown = () => {
      throw new Error("soon");
    };
    const attempt = new Attempt(
      () => answer(),
      () => {},
    );
    expect([attempt.passed(), attempt.thrown]).toEqual([undefined, new Error("soon")]);
    answer = () => "";
    expect([attempt.passed(), attempt.thrown]).toEqual([undefined, undefined]);
    answer = () => "yes";
    expect(attempt.passed()).toBe(true);
  });

  test("runs one async check at a time, and once more for news that came meanwhile", async () => {
    const settlers: ((value: boolean) => void)[] = [];
    const settled = withResolvers();
    const attempt: Attempt = new Attempt(
      () => new Promise<boolean>((resolve) => settlers.push(resolve)),
      () => (attempt.passed() ? settled.resolve() : undefined),
    );
    expect(attempt.passed()).toBe(undefined);
    expect(attempt.passed()).toBe(undefined);
    expect(settlers.length).toBe(1);
    settlers[0]?.(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settlers.length).toBe(2);
    settlers[1]?.(true);
    await settled.promise;
    expect(attempt.passed()).toBe(true);
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}
