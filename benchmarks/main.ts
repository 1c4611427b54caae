// npm run bench -- --help
// The load is a process of its own; servers and limit live in this one, measured by turns so that both meet the same machine.
import { program } from "./program.ts";

await program().parseAsync();
