export { createProcessMetrics, type ProcessMetrics } from './process-metrics.ts';
export { type MetricsLog, reportMetrics } from './report-metrics.ts';
