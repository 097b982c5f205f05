import { serveCommands } from '../processes/serve.ts';
import { createBareProducer } from './bare.ts';
import { createBullmqProducer } from './bullmq.ts';
import { createHttpProducer } from './http.ts';
import { type ClosedLoop, runBurst, runClosedLoop, runOneByOne, type Work } from './load.ts';
import { createOrchestratorProducer } from './orchestrator.ts';
import type { Producer, Target } from './producer.ts';

function createProducer(target: Target): Promise<Producer> | Producer {
  switch (target.type) {
    case 'bullmq':
      return createBullmqProducer(target.redisUrl, target.queueName);
    case 'orchestrator':
      return createOrchestratorProducer(target.store, target.redisUrl);
    case 'http':
      return createHttpProducer(target.url, target.connections);
    case 'bare':
      return createBareProducer();
  }
}

/** The load in a process of its own, as clients and API processes are in production. */
const producer = await createProducer(JSON.parse(process.argv[2] ?? '') as Target);
serveCommands({
  commands: {
    'closed-loop': (loop: ClosedLoop) => runClosedLoop(producer.submit, loop),
    'one-by-one': (options: { work: Work; count: number }) => runOneByOne(producer.submit, options),
    burst: (options: { work: Work; count: number }) => runBurst(producer.submit, options),
    'store-counters': () => producer.storeCounters?.(),
  },
  close: () => producer.close(),
});
