#!/usr/bin/env node
// The command `zookeeper-memory-server`: an ensemble for programs in any language.
import { CommanderError } from "commander";
import { ofError } from "./exit-codes.ts";
import { explain } from "./explain.ts";
import { program } from "./program.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(); // who reads it has seen enough, as `head` does
});

program()
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help, --version: told already
    console.error(explain(error));
    process.exitCode = ofError(error);
  });
