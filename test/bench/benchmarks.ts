import type { Benchmark } from './benchmark.ts';
import { durable } from './durable/durable.ts';

export const benchmarks: readonly Benchmark[] = [durable];
