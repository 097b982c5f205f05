import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '../processes/child.ts';
import type { StoreCounters } from '../producers/producer.ts';

/** The `metrics` line of a worker or API process, as far as it is read here. */
export interface ProcessReading {
  readonly store: StoreCounters;
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly eventLoopUtilization: number;
  readonly rssBytes: number;
}

const pollMs = 5;
const timeoutMs = 10_000;

/** Asks a process how it is doing. Its event-loop figures cover the time since the last reading. */
export async function readProcess(child: Child): Promise<ProcessReading> {
  const fromByte = child.outputSize();
  const untilMs = performance.now() + timeoutMs;
  child.signal('SIGUSR2');
  while (performance.now() < untilMs) {
    const lines = child.output(fromByte).split('\n');
    const line = lines.find((each) => each.includes('"msg":"metrics"') && each.endsWith('}'));
    if (line !== undefined) return (JSON.parse(line) as { metrics: ProcessReading }).metrics;
    await delay(pollMs);
  }
  throw new Error(`${child.name} did not log its metrics within ${timeoutMs} ms`);
}
