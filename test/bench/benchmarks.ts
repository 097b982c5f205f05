import type { Benchmark } from './benchmark.ts';
import { durable } from './durable/durable.ts';
import { lists } from './lists/lists.ts';
import { router } from './router/router.ts';
import { streams } from './streams/streams.ts';

export const benchmarks: readonly Benchmark[] = [durable, router, lists, streams];
