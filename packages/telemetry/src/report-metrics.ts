/** The part of a logger that metrics are written to. */
export interface MetricsLog {
  info(facts: object, sentence: string): void;
}

const everyMs = 60_000;

/**
 * Logs a reading as `metrics` once a minute and at SIGUSR2.
 * @param read - called for each report
 */
export function reportMetrics(log: MetricsLog, read: () => object): void {
  const report = (): void => log.info({ metrics: read() }, 'metrics');
  setInterval(report, everyMs).unref();
  process.on('SIGUSR2', report);
}
