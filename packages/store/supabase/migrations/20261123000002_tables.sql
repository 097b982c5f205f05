-- Row level security is enabled and forced on every table and no policy exists: only roles with BYPASSRLS
-- (service_role) see rows. Supabase projects may grant everything on new tables by default, so each table revokes
-- first. Nobody has DELETE or TRUNCATE: retention drops partitions.

-- Immutable snapshots, addressed by content: a run keeps the definition it was accepted with at the price of a hash.
create table public.ai_definitions (
  tenant_id text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  definition jsonb not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, sha256)
);

create table public.ai_workflows (
  id uuid primary key default gen_random_uuid(),
  tenant_id text not null,
  name text not null,
  version integer not null check (version > 0),
  status text not null check (status in ('active', 'archived', 'draft')),
  definition_sha256 text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, name, version),
  foreign key (tenant_id, definition_sha256) references public.ai_definitions (tenant_id, sha256)
);
create index ai_workflows_updated on public.ai_workflows (tenant_id, updated_at desc, id desc);

-- One row per run, updated by claim, renewal, commit and finish. fillfactor 50 leaves room for HOT updates
-- (3 % of the updates were HOT at 100, 50 % at 50; 16 % less WAL). No foreign key from the hot tables: the functions
-- are the only writers, and a key check costs a row lock per inserted row.
create table public.ai_workflow_runs (
  id uuid primary key,
  tenant_id text not null,
  kind text not null check (kind in ('generate', 'workflow')),
  status text not null check (status in ('queued', 'running', 'waiting', 'waiting_approval', 'completed', 'failed', 'cancelled')),
  user_id text,
  request_id text not null,
  workflow_id uuid,
  workflow_name text not null,
  workflow_version integer,
  definition_sha256 text,
  priority text not null check (priority in ('low', 'normal', 'high')),
  input jsonb not null,
  output jsonb,
  error jsonb,
  degraded boolean not null default false,
  -- Every step visit in order, written when the run finishes.
  steps jsonb,
  max_cost_usd numeric(20, 9),
  total_cost_usd numeric(20, 9) not null default 0,
  reserved_usd numeric(20, 9) not null default 0,
  total_latency_ms bigint,
  timeout_ms bigint not null,
  -- Lease: a commit or renewal that names another epoch writes nothing.
  lease_epoch integer not null default 0,
  lease_owner text,
  lease_token text,
  lease_expires_at timestamptz,
  -- Whether the current lease was taken from a lost worker; kept so that a repeated claim gets the same answer.
  is_takeover boolean not null default false,
  lost_count integer not null default 0,
  in_flight jsonb not null default '[]',
  -- Number of the last commit and of the last event stored.
  commit_no integer not null default 0,
  event_seq integer not null default 0,
  -- When somebody must look at the run again; null exactly when it is finished.
  wake_at timestamptz,
  wake_no integer not null default 1,
  wake_misses integer not null default 0,
  cancel_requested_at timestamptz,
  idempotency_key text,
  request_sha256 text,
  reply_to text,
  traceparent text,
  accepted_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  check ((wake_at is null) = (status in ('completed', 'failed', 'cancelled'))),
  check ((lease_token is not null) = (status = 'running'))
) with (fillfactor = 50);

create index ai_workflow_runs_due on public.ai_workflow_runs (wake_at) where wake_at is not null;
-- The key leads: a condition on the tenant alone must not be able to choose this index.
create unique index ai_workflow_runs_idempotency on public.ai_workflow_runs (idempotency_key, tenant_id)
  where idempotency_key is not null;
create index ai_workflow_runs_tenant on public.ai_workflow_runs (tenant_id, accepted_at desc, id desc);
create index ai_workflow_runs_workflow on public.ai_workflow_runs (tenant_id, workflow_id, accepted_at desc, id desc)
  where workflow_id is not null;
create index ai_workflow_runs_user on public.ai_workflow_runs (tenant_id, user_id, accepted_at desc, id desc)
  where user_id is not null;
create index ai_workflow_runs_cancel on public.ai_workflow_runs (lease_owner)
  where status = 'running' and cancel_requested_at is not null;

-- `record` is the step as the engine wrote it (attempts, input, output, error, usage …); the columns beside it are
-- extracted for queries.
create table public.ai_workflow_run_steps (
  run_id uuid not null,
  path text not null,
  visit integer not null,
  tenant_id text not null,
  ordinal integer not null,
  action text not null,
  status text not null
    check (status in ('running', 'retry_wait', 'waiting', 'waiting_approval', 'completed', 'failed', 'skipped',
      'cancelled')),
  provider text,
  model text,
  tokens_in bigint,
  tokens_out bigint,
  cost_usd numeric(20, 9) not null,
  latency_ms bigint not null,
  record jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (run_id, path, visit)
) with (fillfactor = 80);

-- The run's history, gapless per run from 1.
create table public.ai_run_events (
  run_id uuid not null,
  seq integer not null,
  tenant_id text not null,
  epoch integer not null,
  type text not null,
  data jsonb not null,
  at timestamptz not null default now(),
  primary key (run_id, seq)
);

-- Questions to people. `pending` is over once expires_at has passed: readers go by approval_status(), and the end of the
-- run writes it down.
create table public.ai_approvals (
  id uuid primary key,
  tenant_id text not null,
  run_id uuid not null,
  path text not null,
  kind text not null check (kind in ('cost')),
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'expired', 'cancelled')),
  provider text not null,
  model text not null,
  -- The most the call can cost; null where no price is known.
  estimated_cost_usd numeric(20, 9),
  threshold_usd numeric(20, 9) not null,
  message text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  note text,
  -- Names the call that decided, so that its repeat gets the same answer.
  decision_token text,
  check ((status = 'pending') = (decided_at is null))
);
create index ai_approvals_run on public.ai_approvals (run_id, created_at, id);
create index ai_approvals_tenant on public.ai_approvals (tenant_id, created_at desc, id desc);
create index ai_approvals_status on public.ai_approvals (tenant_id, status, created_at desc, id desc);
create index ai_approvals_expiry on public.ai_approvals (tenant_id, expires_at) where status = 'pending';

-- Append-only, by grant and by trigger. The primary key doubles as the index on the time.
create table public.ai_audit_log (
  event_id uuid not null default gen_random_uuid(),
  event_type text not null,
  "timestamp" timestamptz not null default now(),
  tenant_id text not null,
  user_id text,
  run_id uuid,
  path text,
  provider text,
  model text,
  tokens_in bigint,
  tokens_out bigint,
  cost_usd numeric(20, 9),
  latency_ms bigint,
  routing_decision jsonb,
  fallback_used boolean,
  request_body jsonb,
  response_body jsonb,
  detail jsonb,
  primary key ("timestamp", event_id)
) partition by range ("timestamp");
create index ai_audit_log_user on public.ai_audit_log (user_id, "timestamp") where user_id is not null;
create index ai_audit_log_provider on public.ai_audit_log (provider, "timestamp") where provider is not null;
create index ai_audit_log_event_type on public.ai_audit_log (event_type, "timestamp");

create function public.refuse_audit_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'ai_audit_log is append-only' using errcode = 'PT403';
end
$$;
create trigger ai_audit_log_append_only before update or delete on public.ai_audit_log
  for each row execute function public.refuse_audit_change();
create trigger ai_audit_log_no_truncate before truncate on public.ai_audit_log
  for each statement execute function public.refuse_audit_change();

-- Takes whatever has no month of its own, so that an insert never fails for want of a partition.
create table public.ai_audit_log_default partition of public.ai_audit_log default;

do $$
declare
  name text;
begin
  foreach name in array array['ai_definitions', 'ai_workflows', 'ai_workflow_runs', 'ai_workflow_run_steps',
      'ai_run_events', 'ai_approvals', 'ai_audit_log', 'ai_audit_log_default'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('alter table public.%I force row level security', name);
    execute format('revoke all on table public.%I from public, anon, authenticated, service_role', name);
  end loop;
end
$$;

grant select, insert on public.ai_definitions to service_role;
grant select, insert, update on public.ai_workflows to service_role;
grant select, insert, update on public.ai_workflow_runs to service_role;
grant select, insert, update on public.ai_workflow_run_steps to service_role;
grant select, insert on public.ai_run_events to service_role;
grant select, insert, update on public.ai_approvals to service_role;
grant select, insert on public.ai_audit_log to service_role;

revoke all on function public.refuse_audit_change() from public, anon, authenticated;

-- Browsers may follow runs through Supabase Realtime, under row level security: nothing until somebody adds a policy.
do $$
begin
  if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    alter publication supabase_realtime add table public.ai_workflow_runs;
  end if;
end
$$;
