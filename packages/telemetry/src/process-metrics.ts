import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How a process is doing since the last reading. */
export interface ProcessMetrics {
  /** Milliseconds by which timers were late. */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of time the event loop was busy, 0 to 1. */
  readonly eventLoopUtilization: number;
  readonly rssBytes: number;
}

const nanoPerMs = 1e6;
const resolutionMs = 20;

/** Starts measuring the event loop; each call of the returned function is one reading and starts the next period. */
export function createProcessMetrics(): () => ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  // The histogram holds whole timer periods: what is above the resolution is the delay.
  const lateMs = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / nanoPerMs) - resolutionMs);
  return () => {
    const sinceLast = performance.eventLoopUtilization(utilization);
    utilization = performance.eventLoopUtilization();
    const reading: ProcessMetrics = {
      eventLoopDelayMs: { p50: lateMs(delay.percentile(50)), p99: lateMs(delay.percentile(99)), max: lateMs(delay.max) },
      eventLoopUtilization: Number(sinceLast.utilization.toFixed(3)),
      rssBytes: process.memoryUsage.rss(),
    };
    delay.reset();
    return reading;
  };
}
