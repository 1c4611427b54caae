// JSON as Jackson's default pretty printer writes it: `"key" : value`, arrays on one line, whole numbers of any size.

/** A number as Java prints a double: 0.0, not 0. */
export interface JavaDouble {
  readonly double: string;
}

export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | JavaDouble;

export function printJson(value: Json, indent = ""): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return printText(value);
  if ("double" in value) return value.double;
  if (!(value instanceof Map)) return printArray([...(value as readonly Json[])], indent);
  if (value.size === 0) return "{ }";
  const inner = `${indent}  `;
  const fields = [...value].map(([key, field]) => {
    return `${inner}${printText(key)} : ${printJson(field, inner)}`;
  });
  return `{\n${fields.join(",\n")}\n${indent}}`;
}

const printArray = (items: readonly Json[], indent: string): string =>
  items.length === 0 ? "[ ]" : `[ ${items.map((item) => printJson(item, indent)).join(", ")} ]`;

/** Jackson writes control characters with capital digits. */
const printText = (text: string): string =>
  JSON.stringify(text).replace(/(?<=(?<!\\)(?:\\\\)*\\u)[0-9a-f]{4}/g, (hex) => hex.toUpperCase());
