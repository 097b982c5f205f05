import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { serveCommands } from '../processes/serve.ts';
import { finishedChannel } from '../producers/bullmq.ts';

interface Options {
  readonly redisUrl: string;
  readonly queueName: string;
  readonly workers: number;
  /** Slots of each Worker. */
  readonly concurrency: number;
}

/** The yardstick: BullMQ with jobs that do nothing and keep nothing. Tells the producer of every end by pub/sub. */
const { redisUrl, queueName, workers: count, concurrency } = JSON.parse(process.argv[2] ?? '') as Options;
const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
const publisher = new Redis(redisUrl);
let finished: string[] = [];

/** Ends of one turn of the event loop travel together: the notice must not be what is measured. */
function tell(jobId: string): void {
  finished.push(jobId);
  if (finished.length > 1) return;
  setImmediate(() => {
    const message = finished.join(' ');
    finished = [];
    void publisher.publish(finishedChannel(queueName), message);
  });
}

const workers = Array.from({ length: count }, () => {
  const worker = new Worker(queueName, () => Promise.resolve(), { connection, concurrency });
  worker.on('completed', (job) => tell(job.id ?? ''));
  worker.on('error', (error) => console.error(error));
  return worker;
});
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
serveCommands({
  commands: { 'rss-bytes': () => process.memoryUsage.rss() },
  async close() {
    await Promise.all(workers.map((worker) => worker.close()));
    connection.disconnect();
    publisher.disconnect();
  },
});
