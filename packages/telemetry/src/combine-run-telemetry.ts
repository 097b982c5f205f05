import type { CallTelemetry, LeaseTelemetry, RunTelemetry } from './run-telemetry.ts';

/** Tells each listener; one that throws does not keep the others, or the run, from going on. */
function createTeller(onDefect: (error: unknown) => void) {
  return function tell<Part, Result>(parts: readonly Part[], work: (part: Part) => Result): Result[] {
    return parts.flatMap((part) => {
      try {
        return [work(part)];
      } catch (error) {
        onDefect(error);
        return [];
      }
    });
  };
}

/**
 * One listener of several.
 * @param onDefect - told of what a listener throws; the engine never hears of it: a trace must not cost a run
 */
export function combineRunTelemetry(listeners: readonly RunTelemetry[], onDefect: (error: unknown) => void): RunTelemetry {
  const tell = createTeller(onDefect);
  const combineCalls = (calls: readonly CallTelemetry[]): CallTelemetry => ({
    firstToken: () => void tell(calls, (call) => call.firstToken()),
    succeeded: (result) => void tell(calls, (call) => call.succeeded(result)),
    failed: (error) => void tell(calls, (call) => call.failed(error)),
  });
  const combineLeases = (leases: readonly LeaseTelemetry[]): LeaseTelemetry => ({
    stepChanged: (step) => void tell(leases, (lease) => lease.stepChanged(step)),
    callStarted: (start) => combineCalls(tell(leases, (lease) => lease.callStarted(start))),
    ended: (end) => void tell(leases, (lease) => lease.ended(end)),
  });
  return { leaseStarted: (claimed) => combineLeases(tell(listeners, (listener) => listener.leaseStarted(claimed))) };
}
