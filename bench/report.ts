/** One line of a benchmark's report. */
export interface BenchRow {
  readonly what: string;
  readonly figure: string;
  readonly bar: string;
  /** Undefined: there is no bar, or it could not be measured here. */
  readonly met: boolean | undefined;
}

export interface Benchmark {
  readonly name: string;
  readonly description: string;
  run(report: (row: BenchRow) => void): Promise<void>;
}

/** The middle of the sorted values (the lower one of two). */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? NaN;
}

/** Milliseconds that each of `runs` calls took, after `warmup` calls that are not counted. */
export async function time(
  runs: number,
  call: () => Promise<unknown>,
  warmup = 1,
): Promise<readonly number[]> {
  for (let index = 0; index < warmup; index++) {
    await call();
  }
  const times: number[] = [];
  for (let index = 0; index < runs; index++) {
    const started = performance.now();
    await call();
    times.push(performance.now() - started);
  }
  return times;
}

/** Times two calls in turn (A B A B ...), so that a drift of the machine's speed touches both alike, after `warmup` turns. */
export async function timePair(
  runs: number,
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
  warmup = 1,
): Promise<{ readonly first: readonly number[]; readonly second: readonly number[] }> {
  for (let index = 0; index < warmup; index++) {
    await first();
    await second();
  }
  const a: number[] = [];
  const b: number[] = [];
  for (let index = 0; index < runs; index++) {
    a.push(...(await time(1, first, 0)));
    b.push(...(await time(1, second, 0)));
  }
  return { first: a, second: b };
}

/** Milliseconds that a call took, and how much processor time this process spent meanwhile. */
export async function metered<T>(
  call: () => Promise<T>,
): Promise<{ readonly elapsed: number; readonly cpu: number; readonly value: T }> {
  const before = process.cpuUsage();
  const started = performance.now();
  const value = await call();
  const elapsed = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { elapsed, cpu: (user + system) / 1000, value };
}

export const ms = (value: number): string => `${value.toFixed(1)} ms`;
export const ratio = (value: number): string => `${value.toFixed(2)} x`;
