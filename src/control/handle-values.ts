// Handles that carry something besides their name.
import type { Namespace } from "../ensemble/api.ts";
import type { NemesisPlan } from "../ensemble/api-nemesis.ts";
import { handle, type Shape } from "./shape.ts";

/** Its name is the path without the slash in front. */
export const namespace: Shape<Namespace> = handle("namespace", {
  type: "object",
  properties: {
    name: { type: "string" },
    path: { type: "string" },
    connectString: { type: "string" },
  },
  required: ["name", "path", "connectString"],
});

/** The plan itself: its steps, and the text that `replay` takes. */
export const nemesisPlan: Shape<NemesisPlan> = handle("plan", {
  type: "object",
  properties: { steps: { type: "array", items: { type: "object" } }, text: { type: "string" } },
  required: ["steps", "text"],
});
