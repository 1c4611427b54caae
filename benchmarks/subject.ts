// What is measured is what users run: the built package. `npm run bench` builds it first.
import type { startEnsemble as Start } from "../src/index.ts";

const built = new URL("../dist/index.mjs", import.meta.url).href;

export const { startEnsemble }: { readonly startEnsemble: typeof Start } = await import(built);
