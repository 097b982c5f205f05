import type { Samples } from './samples.ts';

export interface BenchmarkOptions {
  /** Measured rounds; one more goes before them to warm everything up. */
  readonly rounds: number;
  /** Length of one throughput measurement in seconds. */
  readonly seconds: number;
  /** Run the applications from source, although they are built. */
  readonly fromSource: boolean;
  /** Instead of measuring, record V8 CPU profiles into this folder. */
  readonly profileFolder?: string;
  readonly progress: (text: string) => void;
}

/** One goal and where we stand. */
export interface GoalResult {
  readonly goal: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
  /** How far above (positive) or below (negative) the goal, e.g. `+12 %`. */
  readonly distance: string;
}

export interface BenchmarkResult {
  /** Ready to print. */
  readonly text: string;
  /** Every measured value of every round, by name. */
  readonly samples: Samples;
  readonly goals: readonly GoalResult[];
  /** What the reader must know to judge the numbers. */
  readonly notes: readonly string[];
}

export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  run(options: BenchmarkOptions): Promise<BenchmarkResult>;
}
