import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Terminal } from "../../../src/cli/terminal.ts";

beforeEach(() => vi.stubEnv("TERM", "xterm"));
afterEach(() => vi.unstubAllEnvs());

/** A screen of 20 columns unless told otherwise, or with `tty: false` a pipe. */
function screen(features: { tty: boolean; colours: boolean; columns?: number }): {
  terminal: Terminal;
  written: () => string;
} {
  const stream = Object.assign(new PassThrough(), {
    isTTY: features.tty,
    columns: features.columns ?? 20,
    hasColors: () => features.colours,
  });
  const terminal = new Terminal(stream as unknown as NodeJS.WriteStream);
  return { terminal, written: () => String(stream.read() ?? "") };
}

test("the block stays below what is printed, and is replaced in place", () => {
  const { terminal, written } = screen({ tty: true, colours: false });
  terminal.show([["peer 1"], ["peer 2"]]);
  expect(written()).toBe("peer 1\npeer 2\n");
  terminal.print(["a step"]);
  expect(written()).toBe("\u001b[2A\u001b[0Ja step\npeer 1\npeer 2\n");
  terminal.show([["peer 3"]]);
  expect(written()).toBe("\u001b[2A\u001b[0Jpeer 3\n");
  terminal.show([]);
  expect(written()).toBe("\u001b[1A\u001b[0J");
});

test("a block that would wrap is left out, since it could not be erased", () => {
  const { terminal, written } = screen({ tty: true, colours: false });
  terminal.show([["12345678901234567890"]]);
  terminal.print(["a step"]);
  expect(written()).toBe("a step\n");
});

test("a terminal that does not know its width gets no block, and its owner knows", () => {
  expect(screen({ tty: true, colours: false, columns: 0 }).terminal.live).toBe(false);
});

test("a pipe gets plain lines and no block", () => {
  const { terminal, written } = screen({ tty: false, colours: true });
  terminal.show([["peer 1"]]);
  terminal.print([{ text: "bold", style: "bold" }, " move"]);
  expect(written()).toBe("bold move\n");
});

test("colours are written where the terminal has them", () => {
  const { terminal, written } = screen({ tty: true, colours: true });
  terminal.print([{ text: "leader", style: "green" }]);
  expect(written()).toBe("\u001b[32mleader\u001b[39m\n");
});
