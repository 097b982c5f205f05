import { defineRunStoreContract } from '@orchestrator/store/testing';
import { MemoryStore } from '@orchestrator/workflow/simulation';

// The simulator trusts this model of the database, so it must keep the same promises as the SQL functions.
defineRunStoreContract('memory', async () => {
  const store = new MemoryStore({ nowMs: () => Date.now(), leaseMs: 30_000 });
  const find = (runId: string) => {
    const run = store.runs.get(runId);
    if (run === undefined) throw new Error(`no run ${runId}`);
    return run;
  };
  return {
    store,
    requestCancel: (runId) => store.requestCancel(runId),
    async expireLease(runId) {
      const run = find(runId);
      run.leaseExpiresAtMs = Date.now() - 1;
      run.wakeAtMs = run.leaseExpiresAtMs;
    },
    async makeDue(runId) {
      const run = find(runId);
      if (run.wakeAtMs !== null) run.wakeAtMs = Date.now() - 1;
    },
    async expireApproval(approvalId) {
      store.expireApproval(approvalId);
    },
    async close() {},
  };
});
