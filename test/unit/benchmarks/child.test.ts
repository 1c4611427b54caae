import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { ended, heard, letGo } from "../../../benchmarks/child.ts";

const node = (program: string): ChildProcess =>
  spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "ignore", "ipc"] });

test("what a child says is heard", async () => {
  const child = node(`process.on("message", (word) => process.send("heard " + word))`);
  const answer = heard(child, { from: child, event: "message", name: "it" });
  child.send("order");
  expect(await answer).toBe("heard order");
  letGo(child);
  await ended(child);
});

test("a child that ends instead of an answer is told, with its last words", async () => {
  const child = node(`process.on("message", () => process.exit(3))`);
  const answer = heard(child, { from: child, event: "message", name: "it", lastWords: () => "ah" });
  child.send("order");
  await expect(answer).rejects.toThrow("it ended with 3: ah");
});

test("so is one that is killed while a line of it is waited for", async () => {
  const child = node("process.stdin.resume()");
  if (child.stdout === null) throw new Error("its output is piped");
  const lines = createInterface({ input: child.stdout });
  const answer = heard(child, { from: lines, event: "line", name: "it" });
  child.kill("SIGKILL");
  await expect(answer).rejects.toThrow("it ended with SIGKILL");
});

test("one that had ended before is not waited for, and let go without an error", async () => {
  const child = node("");
  await once(child, "exit");
  const asked = heard(child, { from: child, event: "message", name: "it" });
  await expect(asked).rejects.toThrow("it ended with 0");
  letGo(child);
  letGo(child);
  await ended(child);
});
