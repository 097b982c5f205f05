import type { Benchmark } from './benchmark.ts';
import { durable } from './durable/durable.ts';
import { router } from './router/router.ts';

export const benchmarks: readonly Benchmark[] = [durable, router];
