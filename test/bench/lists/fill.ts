import type { BenchDatabase } from '../durable/servers.ts';

export const tenantId = 'default';
/** One run a minute. */
const spacingMs = 60_000;
const baseMs = Date.parse('2024-01-01T00:00:00Z');
export const workflowId = '0190a000-0000-7000-8000-00000000000a';

/** When the run with this number was accepted, counted from 1. */
export function acceptedAtMs(number: number): number {
  return baseMs + number * spacingMs;
}

/**
 * Stores finished runs of a made-up past, one step in each (three in a workflow): 20 % workflows, 1 % failed, 60 cancelled
 * somewhere among them, 20 users, 5 % tagged, 10 providers, 0.1 % dear. The last 40 wait.
 */
export async function fill(database: BenchDatabase, runs: number): Promise<void> {
  await database.query(`
    insert into ai_workflow_runs (id, tenant_id, kind, status, user_id, request_id, workflow_id, workflow_name, priority, input,
      output, steps, total_cost_usd, timeout_ms, lease_epoch, commit_no, event_seq, wake_at, accepted_at, started_at, finished_at,
      tags)
    select (substr(run_id_at(${baseMs} + i * ${spacingMs}::bigint)::text, 1, 14) || '7' || substr(md5(i::text), 1, 3) || '-8'
        || substr(md5(i::text), 4, 3) || '-' || substr(md5(i::text), 7, 12))::uuid,
      '${tenantId}', case when i % 5 = 0 then 'workflow' else 'generate' end,
      case when i > ${runs} - 40 then 'waiting' when i % 100 = 7 then 'failed' when i % (${runs} / 60) = 13 then 'cancelled' else 'completed' end,
      'user-' || i % 20, 'request-' || i, case when i % 10 = 0 then '${workflowId}'::uuid end,
      case when i % 5 = 0 then 'workflow-' || i % 4 else 'generate' end, 'normal',
      jsonb_build_object('prompt', repeat(md5(i::text), 6)), to_jsonb(repeat(md5(i::text), 6)), '[]',
      case when i % 1000 = 17 then 2 else 0.001 end, 60000, 1, 2, 5, case when i > ${runs} - 40 then now() + interval '1 day' end,
      to_timestamp((${baseMs} + i * ${spacingMs}::bigint + 3) / 1000.0), now(), case when i <= ${runs} - 40 then now() end,
      case when i % 20 = 0 then '{nightly}'::text[] else '{}' end
    from generate_series(1, ${runs}) i`);
  await database.query(`
    insert into ai_run_tags (tenant_id, tag, run_id)
    select tenant_id, unnest(tags), id from ai_workflow_runs where tags <> '{}'`);
  await database.query(`
    insert into ai_workflow_run_steps (run_id, path, visit, tenant_id, ordinal, action, status, provider, model, cost_usd, latency_ms,
      record)
    select r.id, 'step-' || s, 1, r.tenant_id, s, 'generate', 'completed', 'provider-' || r.number % 10, 'model-' || r.number % 30,
      r.total_cost_usd, 800, jsonb_build_object('output', repeat(md5(r.request_id), 6))
    from (select *, substr(request_id, 9)::integer as number from ai_workflow_runs) r
    cross join lateral generate_series(1, case r.kind when 'workflow' then 3 else 1 end) s
    order by r.id, s`);
  for (const table of ['ai_workflow_runs', 'ai_workflow_run_steps', 'ai_run_tags'])
    await database.query(`vacuum analyze ${table}`);
}
