#!/usr/bin/env node
// The command `zookeeper-memory-server`: an ensemble for programs in any language.
import { CommanderError } from "commander";
import { ofError } from "./exit-codes.ts";
import { explain } from "./explain.ts";
import { program } from "./program.ts";

program()
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help, --version: told already
    console.error(explain(error));
    process.exitCode = ofError(error);
  });
