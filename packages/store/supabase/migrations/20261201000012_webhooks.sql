-- Webhooks: endpoints of a tenant, and one row per event and endpoint that is to be told of it. The rows are written by triggers,
-- in the transaction of what they tell of, so neither can be there without the other.

-- A UUIDv7: time-ordered, so the key serves lists and retention. Postgres has its own from version 18 only.
create function public.uuid_at(at timestamptz, random uuid) returns uuid
language sql stable as $$
  select encode(set_bit(set_bit(overlay(uuid_send(random)
    placing substring(int8send((extract(epoch from at) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;

create function public.iso_time(at timestamptz) returns text
language sql stable as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

create table public.ai_webhook_endpoints (
  id uuid primary key,
  tenant_id text not null,
  url text not null,
  description text,
  -- Types of events, or '*' for all there are and will be.
  events text[] not null check (cardinality(events) > 0),
  -- A deleted endpoint is hidden and has no secrets; its row stays, as nobody may delete.
  status text not null default 'enabled' check (status in ('enabled', 'disabled', 'deleted')),
  disabled_reason text check (disabled_reason in ('user', 'gone', 'failing')),
  -- [{value, expiresAtMs?}]: the newest first, those before it until they expire.
  secrets jsonb not null,
  -- The first failed attempt since the last one that succeeded.
  failing_since timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((status = 'disabled') = (disabled_reason is not null))
);
create index ai_webhook_endpoints_tenant on public.ai_webhook_endpoints (tenant_id, created_at desc, id desc)
  where status <> 'deleted';
create index ai_webhook_endpoints_enabled on public.ai_webhook_endpoints (tenant_id) where status = 'enabled';

create table public.ai_webhook_deliveries (
  id uuid primary key,
  tenant_id text not null,
  endpoint_id uuid not null,
  -- What receivers know the event by, the same for all endpoints and attempts.
  event_id text not null,
  event_type text not null,
  run_id uuid,
  payload jsonb not null,
  -- `cancelled`: its endpoint was disabled or deleted first.
  status text not null default 'pending' check (status in ('pending', 'delivered', 'failed', 'cancelled')),
  -- Begun so far; also what fences the result of an attempt that was given up for lost.
  attempts integer not null default 0,
  -- When somebody must try (again): the end of the lease while an attempt is under way.
  next_attempt_at timestamptz default now(),
  last_attempt_at timestamptz,
  last_status integer,
  last_error text,
  last_latency_ms integer,
  last_response text,
  created_at timestamptz not null default now(),
  delivered_at timestamptz,
  unique (endpoint_id, event_id),
  check ((next_attempt_at is not null) = (status = 'pending'))
) with (fillfactor = 80);
create index ai_webhook_deliveries_due on public.ai_webhook_deliveries (endpoint_id, next_attempt_at)
  where status = 'pending';
create index ai_webhook_deliveries_status on public.ai_webhook_deliveries (endpoint_id, status, id desc);

do $$
declare
  name text;
begin
  foreach name in array array['ai_webhook_endpoints', 'ai_webhook_deliveries'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('alter table public.%I force row level security', name);
    execute format('revoke all on table public.%I from public, anon, authenticated, service_role', name);
    execute format('grant select, insert, update on table public.%I to service_role', name);
  end loop;
end
$$;

-- {type, version, timestamp, data}: what is sent, apart from the order of its fields.
create function public.webhook_payload(type text, at timestamptz, data jsonb) returns jsonb
language sql stable as $$
  select jsonb_build_object('type', type, 'version', 1, 'timestamp', public.iso_time(at), 'data', jsonb_strip_nulls(data))
$$;

create function public.run_webhook_data(r public.ai_workflow_runs) returns jsonb
language sql stable as $$
  select jsonb_build_object('jobId', r.id, 'kind', r.kind, 'status', r.status, 'workflowName', r.workflow_name,
    'workflowId', r.workflow_id, 'userId', r.user_id, 'costUSD', r.total_cost_usd, 'degraded', r.degraded,
    'error', case when r.error is not null then jsonb_build_object('name', r.error -> 'name',
      'message', left(r.error ->> 'message', 1000)) end,
    'links', jsonb_build_object('job', '/api/jobs/' || r.id))
$$;

create function public.approval_webhook_data(a public.ai_approvals) returns jsonb
language sql stable as $$
  select jsonb_build_object('approvalId', a.id, 'jobId', a.run_id, 'stepId', a.path, 'status', a.status,
    'provider', a.provider, 'model', a.model, 'estimatedCostUSD', a.estimated_cost_usd, 'thresholdUSD', a.threshold_usd,
    'expiresAt', public.iso_time(a.expires_at), 'decidedBy', a.decided_by,
    'links', jsonb_build_object('approval', '/api/approvals/' || a.id, 'job', '/api/jobs/' || a.run_id))
$$;

-- One call per statement on the hot path, whatever the number of rows, and one index lookup where nobody has a webhook. A run
-- ends once, so what ended in this transaction ended in this statement; an event that is told twice is one row.
create function public.enqueue_run_webhooks() returns trigger
language plpgsql set search_path = '' set enable_seqscan = off as $$
begin
  if not exists (select from public.ai_webhook_endpoints e where e.status = 'enabled') then
    return null;
  end if;
  insert into public.ai_webhook_deliveries (id, tenant_id, endpoint_id, event_id, event_type, run_id, payload)
  select public.uuid_at(now(), gen_random_uuid()), r.tenant_id, e.id, 'msg_' || md5('run.' || r.status || r.id), 'run.' || r.status,
    r.id, public.webhook_payload('run.' || r.status, r.finished_at, public.run_webhook_data(r))
  from changed r
  join public.ai_webhook_endpoints e on e.tenant_id = r.tenant_id and e.status = 'enabled'
    and e.events && array['*', 'run.' || r.status]
  where r.finished_at = now()
  on conflict do nothing;
  return null;
end
$$;
create trigger ai_workflow_runs_webhooks after update on public.ai_workflow_runs
  referencing new table as changed for each statement execute function public.enqueue_run_webhooks();

create function public.enqueue_approval_webhooks() returns trigger
language plpgsql set search_path = '' set enable_seqscan = off as $$
declare
  event text := case when new.status = 'pending' then 'approval.requested' else 'approval.decided' end;
begin
  insert into public.ai_webhook_deliveries (id, tenant_id, endpoint_id, event_id, event_type, run_id, payload)
  select public.uuid_at(now(), gen_random_uuid()), new.tenant_id, e.id, 'msg_' || md5(event || new.id), event, new.run_id,
    public.webhook_payload(event, coalesce(new.decided_at, new.created_at), public.approval_webhook_data(new))
  from public.ai_webhook_endpoints e
  where e.tenant_id = new.tenant_id and e.status = 'enabled' and e.events && array['*', event]
  on conflict do nothing;
  return null;
end
$$;
create trigger ai_approvals_requested after insert on public.ai_approvals
  for each row execute function public.enqueue_approval_webhooks();
create trigger ai_approvals_decided after update of status on public.ai_approvals
  for each row when (old.status = 'pending' and new.status in ('approved', 'rejected'))
  execute function public.enqueue_approval_webhooks();

do $$
declare
  signature text;
begin
  foreach signature in array array['uuid_at(timestamptz, uuid)', 'iso_time(timestamptz)',
      'webhook_payload(text, timestamptz, jsonb)', 'run_webhook_data(public.ai_workflow_runs)',
      'approval_webhook_data(public.ai_approvals)', 'enqueue_run_webhooks()', 'enqueue_approval_webhooks()'] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end
$$;
