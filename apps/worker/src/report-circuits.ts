import type { Queue } from '@orchestrator/queue';
import type { RouterEngine } from '@orchestrator/router';

/** Topic on which every API hears of the workers' circuits. */
const circuitsTopic = 'circuits';
const defaultEveryMs = 5_000;

export interface ReportCircuitsOptions {
  readonly router: Pick<RouterEngine, 'troubledCircuits'>;
  readonly queue: Pick<Queue, 'publish'>;
  readonly workerId: string;
  /** @defaultValue 5000 */
  readonly everyMs?: number;
}

/**
 * Tells the APIs which circuits of this worker are not closed, again and again while there are any, and once when the last has
 * closed: a report that is not repeated is forgotten by those who got it.
 * @returns a function that ends it
 */
export function reportCircuits({ router, queue, workerId, everyMs = defaultEveryMs }: ReportCircuitsOptions): () => void {
  let wasTroubled = false;
  const timer = setInterval(() => {
    const circuits = router.troubledCircuits();
    const isTroubled = Object.keys(circuits).length > 0;
    if (isTroubled || wasTroubled) void queue.publish(circuitsTopic, { type: 'circuits', workerId, circuits });
    wasTroubled = isTroubled;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
