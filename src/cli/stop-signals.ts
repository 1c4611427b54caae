/**
 * Aborted by the first SIGINT or SIGTERM. Later ones change nothing, because npm passes on what the terminal has sent already;
 * what follows the first is bounded by the ensemble's own timeouts.
 */
export function stopSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => controller.abort(new Error(`stopped by ${name}`)));
  }
  return controller.signal;
}

export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
