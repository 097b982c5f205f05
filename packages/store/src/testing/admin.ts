import pg from 'pg';

/** Superuser access of a test: moves time and looks at rows. */
export interface Admin {
  readonly pool: pg.Pool;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  expireLease(runId: string): Promise<void>;
  makeDue(runId: string): Promise<void>;
  expireApproval(approvalId: string): Promise<void>;
  close(): Promise<void>;
}

export function connectAdmin(url: string): Admin {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => {});
  const query: Admin['query'] = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await pool.query<Row>(text, values)).rows;
  return {
    pool,
    query,
    async expireLease(runId) {
      await query(
        `update ai_workflow_runs set lease_expires_at = now() - interval '1 ms', wake_at = now() - interval '1 ms'
         where id = $1 and status = 'running'`,
        [runId],
      );
    },
    async makeDue(runId) {
      await query(`update ai_workflow_runs set wake_at = now() - interval '1 ms' where id = $1 and wake_at is not null`, [runId]);
    },
    async expireApproval(approvalId) {
      await query(`update ai_approvals set expires_at = now() - interval '1 ms' where id = $1`, [approvalId]);
    },
    close: () => pool.end(),
  };
}
