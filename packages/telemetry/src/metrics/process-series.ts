import { performance } from 'node:perf_hooks';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { addGauge } from './pulled-series.ts';

/** Memory, processor time, garbage collection and the event loop, as prom-client names them; and how busy the loop is. */
export function addProcessSeries(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  let before = performance.eventLoopUtilization();
  addGauge(registry, {
    name: 'orchestrator_event_loop_utilization',
    help: 'Share of the time since the last scrape in which the event loop was busy, 0 to 1.',
    read() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
  });
}
