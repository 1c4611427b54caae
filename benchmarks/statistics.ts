export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** The upper one of two in the middle. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** How far the rounds lie apart: (largest − smallest) / median; 0 where there is one. */
export function spread(values: readonly number[]): number {
  return values.length < 2 ? 0 : (Math.max(...values) - Math.min(...values)) / median(values);
}

/** One server's, over its rounds. */
export const figureOf = (
  rounds: readonly number[],
): { readonly median: number; readonly spread: number; readonly rounds: readonly number[] } => ({
  median: median(rounds),
  spread: spread(rounds),
  rounds,
});

/** The median of each value by its fellow of the same round: what disturbs a round disturbs both. */
export function pairedRatio(values: readonly number[], fellows: readonly number[]): number {
  return median(values.map((value, index) => value / (fellows[index] ?? Number.NaN)));
}
