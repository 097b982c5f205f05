import { setTimeout as delay } from 'node:timers/promises';
import { idealRunMs } from './load.ts';
import type { Producer } from './producer.ts';

/** What plain JavaScript does with the same steps: the ceiling of every engine. */
export function createBareProducer(): Producer {
  return {
    async submit(work) {
      for (let step = 0; step < 3; step += 1) await delay(idealRunMs[work] / 3);
    },
    close: () => Promise.resolve(),
  };
}
