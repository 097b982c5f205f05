import { median, percentile } from '../statistics.ts';

/** What a run does: three steps of nothing, of a 50 ms wait, or of a model call that takes 40 ms. */
export const works = ['noop', 'wait-50', 'model-40'] as const;
export type Work = (typeof works)[number];
/** Time that the steps of a run take by themselves, milliseconds. */
export const idealRunMs: Readonly<Record<Work, number>> = { noop: 0, 'wait-50': 3 * 50, 'model-40': 3 * 40 };

/** Puts one run into the system and resolves when the producer has learned of its end. */
export type Submit = (work: Work) => Promise<void>;

export interface ClosedLoop {
  readonly work: Work;
  readonly inFlight: number;
  readonly leadInMs: number;
  readonly measureMs: number;
}

export interface ClosedLoopResult {
  /** Completions while it was measured, per second. */
  readonly perSecond: number;
  /** All completions, lead-in and run-out included. */
  readonly total: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Longer than any run may take: a run whose end is never told must not hang the benchmark. */
const runOutMs = 30_000;

/** Keeps `inFlight` runs in the system: each end starts the next one. Measures after the lead-in, then lets all end. */
export async function runClosedLoop(
  submit: Submit,
  { work, inFlight, leadInMs, measureMs }: ClosedLoop,
): Promise<ClosedLoopResult> {
  let phase: 'lead-in' | 'measured' | 'run-out' = 'lead-in';
  let total = 0;
  const latenciesMs: number[] = [];
  let startedMs = 0;
  let elapsedMs = 0;
  setTimeout(() => {
    phase = 'measured';
    startedMs = performance.now();
    setTimeout(() => {
      phase = 'run-out';
      elapsedMs = performance.now() - startedMs;
    }, measureMs);
  }, leadInMs);

  async function keepOneInFlight(): Promise<void> {
    while (phase !== 'run-out') {
      const submittedMs = performance.now();
      await submit(work);
      total += 1;
      if (phase === 'measured') latenciesMs.push(performance.now() - submittedMs);
    }
  }
  const limitMs = leadInMs + measureMs + runOutMs;
  await endsWithin(Promise.all(Array.from({ length: inFlight }, keepOneInFlight)), limitMs);
  const perSecond = (latenciesMs.length * 1_000) / elapsedMs;
  return { perSecond, total, p50Ms: median(latenciesMs), p95Ms: percentile(latenciesMs, 0.95) };
}

/** One run at a time on an idle system. */
export async function runOneByOne(submit: Submit, { work, count }: { readonly work: Work; readonly count: number }) {
  const latenciesMs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const submittedMs = performance.now();
    await endsWithin(submit(work), runOutMs);
    latenciesMs.push(performance.now() - submittedMs);
  }
  return { p50Ms: median(latenciesMs), p95Ms: percentile(latenciesMs, 0.95) };
}

/** All at once; the time until the last one has ended. */
export async function runBurst(submit: Submit, { work, count }: { readonly work: Work; readonly count: number }) {
  const startedMs = performance.now();
  await endsWithin(Promise.all(Array.from({ length: count }, () => submit(work))), runOutMs);
  return { elapsedMs: performance.now() - startedMs };
}

async function endsWithin(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`some runs were not reported as finished within ${limitMs} ms`)), limitMs);
  });
  await Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}
