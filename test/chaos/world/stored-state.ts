import type { Database } from './database.ts';

const tables = ['ai_workflow_runs', 'ai_workflow_run_steps', 'ai_run_events', 'ai_audit_log'] as const;

/** A digest of every row of every run: equal means that nothing was written in between. */
export async function storedState(database: Database): Promise<string> {
  const digests = await Promise.all(
    tables.map(async (table) => {
      const [row] = await database.query<{ digest: string }>(
        `select count(*) || ' rows ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from ${table} t`,
      );
      return `${table} ${row?.digest}`;
    }),
  );
  return digests.join(', ');
}
