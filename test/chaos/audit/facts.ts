import { type AttemptRecord, type PlacedEvent, type StepRecord, unpackTokens } from '@orchestrator/contracts';
import type { LedgerEntry } from '../../support/upstream/ledger.ts';
import type { Database } from '../world/database.ts';

/** A run row as it stands in the database; money in nano-dollars. */
export interface RunFacts {
  readonly id: string;
  readonly status: string;
  readonly isWakeSet: boolean;
  readonly reservedNanoUsd: number;
  readonly costNanoUsd: number;
  readonly maxCostNanoUsd: number | null;
  readonly inFlight: readonly unknown[];
  readonly eventSeq: number;
  readonly idempotencyKey: string | null;
  /** What was materialised when the run ended. */
  readonly steps: readonly StepRecord[] | null;
}

export interface StepFacts {
  readonly runId: string;
  readonly status: string;
  readonly record: StepRecord;
}

/** An event of a run; pieces of an answer that share a row are taken apart. */
export interface EventFacts {
  readonly runId: string;
  /** The lease under which it happened. */
  readonly epoch: number;
  readonly seq: number;
  readonly type: string;
  readonly data: { readonly path?: string; readonly isTakeover?: boolean };
  readonly atMs: number;
}

export interface AuditFacts {
  readonly runId: string;
  readonly eventType: string;
  readonly path: string | null;
  readonly costNanoUsd: number | null;
  readonly attempt: number | null;
}

/** The charge of one call that reached the upstream, by the run and step it was for. */
export interface CallFacts {
  readonly idempotencyKey: string | null;
  readonly chargedNanoUsd: number;
}

/** Everything that is known after a scenario. */
export interface Facts {
  readonly runs: readonly RunFacts[];
  readonly steps: readonly StepFacts[];
  readonly events: readonly EventFacts[];
  readonly audit: readonly AuditFacts[];
  readonly calls: readonly CallFacts[];
}

/** Attempts that went, or may have gone, to a vendor. */
export function vendorAttempts(record: StepRecord): readonly AttemptRecord[] {
  return record.attempts.filter((attempt) => attempt.provider !== undefined);
}

const nano = (column: string) => `(${column} * 1000000000)::float8`;

export async function readFacts(database: Database, ledger: readonly LedgerEntry[]): Promise<Facts> {
  return {
    runs: await database.query<RunFacts>(`
      select id, status, wake_at is not null as "isWakeSet", ${nano('reserved_usd')} as "reservedNanoUsd",
        ${nano('total_cost_usd')} as "costNanoUsd", ${nano('max_cost_usd')} as "maxCostNanoUsd", in_flight as "inFlight",
        event_seq as "eventSeq", idempotency_key as "idempotencyKey", steps
      from ai_workflow_runs order by id`),
    steps: await database.query<StepFacts>(
      'select run_id as "runId", status, record from ai_workflow_run_steps order by run_id, ordinal, visit',
    ),
    events: (
      await database.query<PlacedEvent & { readonly runId: string }>(`
        select run_id as "runId", epoch, seq, type, data, (extract(epoch from at) * 1000)::float8 as "atMs"
        from ai_run_events order by run_id, seq`)
    ).flatMap((row) => unpackTokens(row).map((event) => ({ ...event, runId: row.runId }))),
    audit: await database.query<AuditFacts>(`
      select run_id as "runId", event_type as "eventType", path, ${nano('cost_usd')} as "costNanoUsd",
        (detail ->> 'attempt')::int as attempt
      from ai_audit_log where run_id is not null`),
    calls: ledger.map(({ idempotencyKey, chargedNanoUsd }) => ({ idempotencyKey, chargedNanoUsd })),
  };
}
