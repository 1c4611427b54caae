// What is measured is what users run: the built package, which `npm run bench` builds first. Under a profile it is the sources, so
// that a function is known by the file it is written in.
import type { startEnsemble as Start } from "../src/index.ts";

const isProfiled = process.argv.some((word) => /^--profile(=|$)/.test(word));
const entry = new URL(isProfiled ? "../src/index.ts" : "../dist/index.mjs", import.meta.url).href;

export const { startEnsemble }: { readonly startEnsemble: typeof Start } = await import(entry);
