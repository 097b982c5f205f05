/**
 * Gives each child a port of its own for its metrics: the API has the configured one, the workers those after it.
 * @param metricsPort - null: no metrics; 0: each takes any free one
 * @param offset - 0 for the API, 1 for the first worker
 */
export function metricsVariable(metricsPort: number | null, offset: number): Readonly<Record<string, string>> {
  if (metricsPort === null || metricsPort === 0) return {};
  return { ORCHESTRATOR_METRICS_PORT: String(metricsPort + offset) };
}
