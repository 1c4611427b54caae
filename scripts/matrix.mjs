/**
 * Does what a newcomer does with each test runner, in each version that is supported: installs the packed tarball into an empty
 * folder, runs green tests, then a red one, and looks at what that prints.
 * Usage: node scripts/matrix.mjs [part of a name…]; `--list` names them.
 */
import { cells } from "./matrix/cells.mjs";
import { tryCells } from "./trial.mjs";

await tryCells("matrix", cells, { atOnce: 1 });
