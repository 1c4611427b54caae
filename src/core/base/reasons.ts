/** What an error says. One that stands for several, as Node's of a host with several addresses, has no words of its own. */
export function reasonsOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(reasonsOf).join(", ");
  }
  return error instanceof Error ? error.message : String(error);
}
