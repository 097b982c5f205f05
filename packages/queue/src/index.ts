export { createQueue } from './create-queue.ts';
export { createSharedLimits } from './limits/create-shared-limits.ts';
export type { LimiterFactory, LimiterOptions, SharedLimits, SharedLimitsOptions } from './limits/shared-limits.ts';
export type {
  ClockSkew,
  ConsumeOptions,
  Consumer,
  Queue,
  QueueBackend,
  QueueDepth,
  QueueLog,
  QueueMetrics,
  QueueOptions,
} from './queue.ts';
