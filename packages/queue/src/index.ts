export { createQueue } from './create-queue.ts';
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
