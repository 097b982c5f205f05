import type { RelayMessage } from '@orchestrator/contracts';
import type { RouterHealth } from '@orchestrator/router';
import type { Clock } from '../ports.ts';

type Report = Extract<RelayMessage, { type: 'circuits' }>;
type Circuits = Report['circuits'];

/** Topic on which the workers report. */
export const circuitsTopic = 'circuits';
/** Workers report every 5 s while there is something to report. */
const believedMs = 15_000;

/**
 * The workers' circuits that are not closed. They live in the workers, which make the calls; what is known here are their
 * reports, which may be late or lost.
 */
export interface CircuitReports {
  add(report: Report): void;
  /** Of several workers' states for one model the worst counts. */
  read(): Circuits;
}

export function createCircuitReports(clock: Pick<Clock, 'nowMs'>): CircuitReports {
  const reports = new Map<string, { readonly atMs: number; readonly circuits: Circuits }>();

  function forgetOld(): void {
    const oldestMs = clock.nowMs() - believedMs;
    for (const [workerId, { atMs }] of reports) if (atMs < oldestMs) reports.delete(workerId);
  }

  return {
    add({ workerId, circuits }) {
      forgetOld();
      reports.set(workerId, { atMs: clock.nowMs(), circuits });
    },
    read() {
      forgetOld();
      const merged: Record<string, Record<string, 'open' | 'half-open'>> = {};
      for (const { circuits } of reports.values()) {
        for (const [provider, models] of Object.entries(circuits)) {
          const known = merged[provider] ?? {};
          merged[provider] = known;
          for (const [model, state] of Object.entries(models)) if (known[model] !== 'open') known[model] = state;
        }
      }
      return merged;
    },
  };
}

/** Adds the workers' circuits to what the checks found: a provider that answers but is held back makes the whole degraded. */
export function withCircuits(health: RouterHealth, circuits: Circuits): RouterHealth {
  const providers = Object.entries(health.providers).map(([id, provider]) => {
    const reported = circuits[id];
    return [id, reported === undefined ? provider : { ...provider, circuits: { ...provider.circuits, ...reported } }] as const;
  });
  const isTroubled = Object.keys(health.providers).some((id) => circuits[id] !== undefined);
  const overall = health.overall === 'healthy' && isTroubled ? 'degraded' : health.overall;
  return { ...health, overall, providers: Object.fromEntries(providers) };
}
