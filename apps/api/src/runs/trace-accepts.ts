import type { ApiDeps, ApiStore } from '../ports.ts';

/** The same store, which accepts each run under a span of its own: the spans of the run's execution will hang on it. */
export function traceAccepts(store: ApiStore, tracing: ApiDeps['tracing']): ApiStore {
  if (tracing === undefined) return store;
  return {
    ...store,
    async acceptRun(run) {
      const { id, kind, workflowName } = run;
      const span = tracing.startSubmit({ runId: id, kind, workflowName, traceparent: run.traceparent });
      try {
        const accepted = await store.acceptRun({ ...run, traceparent: span.traceparent });
        span.accepted(accepted.status, accepted.status === 'key-reused' ? id : accepted.runId);
        return accepted;
      } catch (error) {
        span.failed();
        throw error;
      }
    },
  };
}
