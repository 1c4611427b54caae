import { debugLine } from "../ensemble/debug/lines.ts";

const line = debugLine("cli");

/** Tells what the command line does, where DEBUG asks for it. */
export const debugCli: ((text: string) => void) | undefined =
  line && ((text) => line(`process ${process.pid}`, text));
