import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Producer } from './producer.ts';

export function finishedChannel(queueName: string): string {
  return `bench.finished.${queueName}`;
}

/** Adds jobs one by one, as an application does, and hears of their end from the worker by pub/sub. */
export async function createBullmqProducer(redisUrl: string, queueName: string): Promise<Producer> {
  const connection = new Redis(redisUrl);
  const subscriber = new Redis(redisUrl);
  const queue = new Queue(queueName, {
    connection,
    skipWaitingForReady: true,
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  });
  await queue.waitUntilReady();
  const waiting = new Map<string, () => void>();
  subscriber.on('message', (_channel, message: string) => {
    for (const jobId of message.split(' ')) {
      waiting.get(jobId)?.();
      waiting.delete(jobId);
    }
  });
  await subscriber.subscribe(finishedChannel(queueName));

  return {
    async submit() {
      const runId = randomUUID();
      const finished = new Promise<void>((resolve) => waiting.set(runId, resolve));
      await queue.add('wake', { runId, epoch: 0, wakeNo: 1 }, { jobId: runId });
      await finished;
    },
    async close() {
      await queue.close();
      connection.disconnect();
      subscriber.disconnect();
    },
  };
}
