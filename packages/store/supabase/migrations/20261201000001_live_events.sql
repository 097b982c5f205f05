-- Live runs: model calls are streamed, and the pieces of an answer are events like any other.
--
-- The pieces of one attempt that one commit brings share a row of type `token`: `seq` is the number of the last piece,
-- `data.first` that of the first, `data.parts` are the pieces in order. 200 ms of an answer are one row of its length instead
-- of ten rows of 150 bytes.

-- Whether model calls are streamed whoever follows.
alter table public.ai_workflow_runs add column live boolean not null default false;

-- {runs: NewRun[], definitions: [{tenantId, sha256, definition}]}
-- → null when every run was stored by this call, else one answer per run.
create or replace function public.accept_runs(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  stored integer;
  answer jsonb;
  unexplained boolean;
begin
  if jsonb_typeof(p -> 'definitions') = 'array' then
    insert into public.ai_definitions (tenant_id, sha256, definition)
    select d."tenantId", d.sha256, d.definition
    from jsonb_to_recordset(p -> 'definitions') as d("tenantId" text, sha256 text, definition jsonb)
    order by d."tenantId", d.sha256
    on conflict do nothing;
  end if;

  -- Sorted by key first: two transactions that meet on several keys must meet in the same order.
  with incoming as materialized (
    select *
    from jsonb_to_recordset(p -> 'runs') as n(id uuid, kind text, "tenantId" text, "userId" text, "requestId" text,
      "workflowId" uuid, "workflowName" text, "workflowVersion" integer, "definitionSha256" text, input jsonb,
      priority text, "maxCostNanoUsd" bigint, "timeoutMs" bigint, "idempotencyKey" text, "requestSha256" text,
      "replyTo" text, traceparent text, live boolean)
    order by n."idempotencyKey", n.id
  ),
  inserted as (
    insert into public.ai_workflow_runs (id, tenant_id, kind, status, user_id, request_id, workflow_id, workflow_name,
      workflow_version, definition_sha256, input, priority, max_cost_usd, timeout_ms, idempotency_key, request_sha256,
      reply_to, traceparent, live, event_seq, wake_no, wake_at, accepted_at)
    select n.id, n."tenantId", n.kind, 'queued', n."userId", n."requestId", n."workflowId", n."workflowName",
      n."workflowVersion", n."definitionSha256", coalesce(n.input, 'null'), n.priority,
      n."maxCostNanoUsd" * 0.000000001, n."timeoutMs", n."idempotencyKey", n."requestSha256",
      n."replyTo", n.traceparent, coalesce(n.live, false), 1, 1, now() + interval '5 seconds', now()
    from incoming n
    where n."definitionSha256" is null or (
      select true from public.ai_definitions d where d.tenant_id = n."tenantId" and d.sha256 = n."definitionSha256")
    on conflict do nothing
    returning id, tenant_id, user_id, kind, workflow_name
  ),
  events as (
    insert into public.ai_run_events (run_id, seq, tenant_id, epoch, type, data)
    select id, 1, tenant_id, 0, 'run-accepted', jsonb_build_object('kind', kind, 'workflowName', workflow_name)
    from inserted
  ),
  audit as (
    insert into public.ai_audit_log (event_type, tenant_id, user_id, run_id, detail)
    select 'run-accepted', tenant_id, user_id, id, jsonb_build_object('kind', kind, 'workflowName', workflow_name)
    from inserted
  )
  select count(*) into stored from inserted;

  if stored = jsonb_array_length(p -> 'runs') then
    return null;
  end if;

  -- A second statement: the run that won the key may have been committed after the first one began.
  select
    jsonb_agg(case
      when same.id is not null then jsonb_build_object('id', n.id, 'status', 'accepted', 'runId', same.id,
        'epoch', same.lease_epoch, 'wakeNo', same.wake_no)
      when keyed.id is not null then jsonb_build_object('id', n.id, 'runId', keyed.id, 'status',
        case when keyed.request_sha256 is not distinct from n."requestSha256" then 'duplicate' else 'key-reused' end)
      else jsonb_build_object('id', n.id, 'status', 'definition-missing')
    end),
    bool_or(same.id is null and keyed.id is null and (n."definitionSha256" is null or coalesce((
      select true from public.ai_definitions d where d.tenant_id = n."tenantId" and d.sha256 = n."definitionSha256"),
      false)))
  into answer, unexplained
  from jsonb_to_recordset(p -> 'runs') as n(id uuid, "tenantId" text, "idempotencyKey" text, "requestSha256" text,
    "definitionSha256" text)
  left join lateral (
    select r.id, r.lease_epoch, r.wake_no from public.ai_workflow_runs r where r.id = n.id limit 1) same on true
  left join lateral (
    select r.id, r.request_sha256 from public.ai_workflow_runs r
    where r.idempotency_key = n."idempotencyKey" and r.tenant_id is not distinct from n."tenantId" limit 1) keyed on true;

  if unexplained then
    raise exception 'a run was neither stored nor found' using errcode = '40001';
  end if;
  return answer;
end
$$;

-- {workerId, leaseMs, claims: [{runId, token}]} → the claimed runs, null when none.
create or replace function public.claim_runs(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  lease_end timestamptz := now() + (p ->> 'leaseMs')::double precision * interval '1 millisecond';
  claimed_ids uuid[];
begin
  -- The conditions on wake_at stay behind `status in (…)`: alone they would attract the index of due_runs.
  with incoming as materialized (
    select distinct on (c."runId") c."runId", c.token
    from jsonb_to_recordset(p -> 'claims') as c("runId" uuid, token text)
    order by c."runId"
  ),
  claimed as (
    update public.ai_workflow_runs r set
      lease_epoch = r.lease_epoch + case when r.status = 'running' and r.lease_token = c.token then 0 else 1 end,
      is_takeover = case when r.status = 'running' and r.lease_token = c.token then r.is_takeover
        else r.status = 'running' end,
      lost_count = r.lost_count + case when r.status = 'running' and r.lease_token <> c.token then 1 else 0 end,
      reserved_usd = case when r.status = 'running' and r.lease_token = c.token then r.reserved_usd else 0 end,
      status = 'running',
      lease_owner = p ->> 'workerId',
      lease_token = c.token,
      lease_expires_at = lease_end,
      wake_at = lease_end,
      wake_misses = 0,
      started_at = coalesce(r.started_at, now())
    from incoming c
    where r.id = c."runId" and r.id = any (array(select "runId" from incoming))
      and r.status in ('queued', 'waiting', 'waiting_approval', 'running')
      and case r.status
        when 'queued' then true
        when 'running' then r.lease_token = c.token or r.lease_expires_at <= now()
        -- due_runs moves wake_at on when it finds a run due; its trace is wake_misses.
        else r.wake_at <= now() + interval '50 milliseconds' or r.wake_misses > 0 or r.cancel_requested_at is not null
      end
    returning r.id
  )
  select array_agg(id) into claimed_ids from claimed;

  if claimed_ids is null then
    return null;
  end if;

  -- A second statement on purpose: the update may have waited for the last commit of the previous holder, and the
  -- steps of that commit are invisible to the update's own snapshot. Reading them there would run them twice.
  return (
    select to_jsonb(array_agg(
      jsonb_strip_nulls(jsonb_build_object(
        'runId', r.id, 'epoch', r.lease_epoch, 'token', r.lease_token, 'kind', r.kind, 'tenantId', r.tenant_id,
        'userId', r.user_id, 'requestId', r.request_id, 'workflowId', r.workflow_id,
        'workflowName', r.workflow_name, 'workflowVersion', r.workflow_version,
        'definitionSha256', r.definition_sha256, 'priority', r.priority,
        'maxCostNanoUsd', (r.max_cost_usd * 1000000000)::bigint, 'timeoutMs', r.timeout_ms,
        'replyTo', r.reply_to, 'traceparent', r.traceparent, 'live', r.live, 'seq', r.event_seq, 'commitNo', r.commit_no,
        'costNanoUsd', (r.total_cost_usd * 1000000000)::bigint, 'isTakeover', r.is_takeover,
        'lostCount', r.lost_count, 'cancelRequested', r.cancel_requested_at is not null,
        'acceptedAtMs', (extract(epoch from r.accepted_at) * 1000)::bigint,
        'startedAtMs', (extract(epoch from r.started_at) * 1000)::bigint,
        'nowMs', (extract(epoch from now()) * 1000)::bigint))
      || jsonb_build_object('input', r.input, 'inFlight', r.in_flight, 'steps', coalesce((
          select to_jsonb(array_agg(s.record order by s.ordinal, s.visit))
          from public.ai_workflow_run_steps s where s.run_id = r.id), '[]'),
        'approvals', coalesce((
          select to_jsonb(array_agg(public.approval_state(a) order by a.created_at, a.id))
          from public.ai_approvals a where a.run_id = r.id), '[]'))))
    from public.ai_workflow_runs r
    where r.id = any (claimed_ids));
end
$$;

-- {commits: RunCommit[]}, each run at most once
-- → null when every commit was stored by this call and none parked, else the answers that differ from {committed}.
create or replace function public.commit_runs(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  stored integer;
  has_event_gap boolean;
  parked jsonb;
begin
  with incoming as materialized (
    select c.*, (
      select coalesce(sum((e.event ->> 'seq')::integer
        - coalesce(e.event -> 'data' ->> 'first', e.event ->> 'seq')::integer + 1), 0)::integer
      from jsonb_array_elements(c.events) as e(event)) as span
    from jsonb_to_recordset(p -> 'commits') as c("runId" uuid, epoch integer, "commitNo" integer, steps jsonb,
      events jsonb, audit jsonb, approvals jsonb, "costNanoUsd" bigint, "reservedNanoUsd" bigint, "lostCount" integer,
      "inFlight" jsonb, transition jsonb)
    order by c."runId"
  ),
  fenced as (
    update public.ai_workflow_runs r set
      commit_no = c."commitNo",
      event_seq = r.event_seq + c.span,
      total_cost_usd = c."costNanoUsd" * 0.000000001,
      reserved_usd = c."reservedNanoUsd" * 0.000000001,
      lost_count = c."lostCount",
      in_flight = c."inFlight",
      status = case when c.transition is null then r.status else c.transition ->> 'status' end,
      lease_owner = case when c.transition is null then r.lease_owner end,
      lease_token = case when c.transition is null then r.lease_token end,
      lease_expires_at = case when c.transition is null then r.lease_expires_at end,
      wake_no = r.wake_no + case when c.transition ->> 'type' = 'park' then 1 else 0 end,
      wake_misses = case when c.transition is null then r.wake_misses else 0 end,
      wake_at = case
        when c.transition is null then r.wake_at
        when c.transition ->> 'type' = 'finish' then null
        -- A cancellation that the holder did not see before it parked must not wait for the timer.
        when r.cancel_requested_at is not null then now()
        else now() + (c.transition ->> 'wakeInMs')::double precision * interval '1 millisecond'
      end,
      output = case when c.transition ->> 'type' = 'finish' then c.transition -> 'output' else r.output end,
      error = case when c.transition ->> 'type' = 'finish' then c.transition -> 'error' else r.error end,
      degraded = case when c.transition ->> 'type' = 'finish' then (c.transition ->> 'degraded')::boolean
        else r.degraded end,
      steps = case when c.transition ->> 'type' = 'finish' then c.transition -> 'steps' else r.steps end,
      finished_at = case when c.transition ->> 'type' = 'finish' then now() else r.finished_at end,
      total_latency_ms = case when c.transition ->> 'type' = 'finish'
        then (extract(epoch from now() - r.started_at) * 1000)::bigint else r.total_latency_ms end
    from incoming c
    where r.id = c."runId" and r.id = any (array(select "runId" from incoming))
      and r.lease_epoch = c.epoch and r.status = 'running' and r.commit_no < c."commitNo"
    returning r.id, r.tenant_id, r.user_id, r.lease_epoch, r.event_seq, r.wake_no, r.status,
      c.span, c.steps as new_steps, c.events as new_events, c.audit as new_audit, c.approvals as new_approvals
  ),
  steps_written as (
    insert into public.ai_workflow_run_steps as s (run_id, path, visit, tenant_id, ordinal, action, status, provider,
      model, tokens_in, tokens_out, cost_usd, latency_ms, record)
    select f.id, e.step ->> 'path', (e.step ->> 'visit')::integer, f.tenant_id, (e.step ->> 'ordinal')::integer,
      e.step ->> 'action', e.step ->> 'status', e.step ->> 'provider', e.step ->> 'model',
      (e.step -> 'usage' ->> 'inputTokens')::bigint, (e.step -> 'usage' ->> 'outputTokens')::bigint,
      (e.step ->> 'costNanoUsd')::bigint * 0.000000001, round((e.step ->> 'latencyMs')::numeric)::bigint, e.step
    from fenced f cross join lateral jsonb_array_elements(f.new_steps) as e(step)
    on conflict (run_id, path, visit) do update set
      ordinal = excluded.ordinal, action = excluded.action, status = excluded.status, provider = excluded.provider,
      model = excluded.model, tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out,
      cost_usd = excluded.cost_usd, latency_ms = excluded.latency_ms, record = excluded.record, updated_at = now()
    where s.status not in ('completed', 'failed', 'skipped', 'cancelled')
  ),
  events_written as (
    insert into public.ai_run_events (run_id, seq, tenant_id, epoch, type, data, at)
    select f.id, (e.event ->> 'seq')::integer, f.tenant_id, f.lease_epoch, e.event ->> 'type', e.event -> 'data',
      coalesce(to_timestamp((e.event ->> 'atMs')::double precision / 1000), now())
    from fenced f cross join lateral jsonb_array_elements(f.new_events) as e(event)
  ),
  approvals_requested as (
    insert into public.ai_approvals (id, tenant_id, run_id, path, kind, provider, model, estimated_cost_usd,
      threshold_usd, message, expires_at)
    select (e.approval ->> 'id')::uuid, f.tenant_id, f.id, e.approval ->> 'path', e.approval ->> 'kind',
      e.approval ->> 'provider', e.approval ->> 'model',
      (e.approval ->> 'estimatedCostNanoUsd')::bigint * 0.000000001, (e.approval ->> 'thresholdUSD')::numeric,
      e.approval ->> 'message', now() + (e.approval ->> 'expiresInMs')::double precision * interval '1 millisecond'
    from fenced f cross join lateral jsonb_array_elements(coalesce(f.new_approvals, '[]')) as e(approval)
    on conflict (id) do nothing
  ),
  -- A run that has ended asks nothing any more.
  approvals_closed as (
    update public.ai_approvals a set status = case when a.expires_at <= now() then 'expired' else 'cancelled' end,
      decided_at = now()
    from fenced f
    where a.run_id = f.id and a.run_id = any (array(select x.id from fenced x where x.status in
        ('completed', 'failed', 'cancelled')))
      and a.status is not distinct from 'pending' and f.status in ('completed', 'failed', 'cancelled')
  ),
  audit_written as (
    insert into public.ai_audit_log (event_type, tenant_id, user_id, run_id, path, provider, model, tokens_in,
      tokens_out, cost_usd, latency_ms, routing_decision, fallback_used, detail)
    select e.entry ->> 'eventType', f.tenant_id, f.user_id, f.id, e.entry ->> 'path', e.entry ->> 'provider',
      e.entry ->> 'model', (e.entry ->> 'tokensIn')::bigint, (e.entry ->> 'tokensOut')::bigint,
      (e.entry ->> 'costNanoUsd')::bigint * 0.000000001, round((e.entry ->> 'latencyMs')::numeric)::bigint,
      e.entry -> 'routingDecision', (e.entry ->> 'fallbackUsed')::boolean, e.entry -> 'detail'
    from fenced f cross join lateral jsonb_array_elements(f.new_audit) as e(entry)
  )
  select count(*),
    coalesce(bool_or(coalesce(f.new_events -> 0 -> 'data' ->> 'first', f.new_events -> 0 ->> 'seq')::integer
        <> f.event_seq - f.span + 1
      or (f.new_events -> -1 ->> 'seq')::integer <> f.event_seq), false),
    jsonb_agg(jsonb_build_object('runId', f.id, 'status', 'committed', 'wakeNo', f.wake_no))
      filter (where f.status in ('queued', 'waiting', 'waiting_approval'))
  into stored, has_event_gap, parked
  from fenced f;

  if has_event_gap then
    raise exception 'the events of a commit do not follow the stored ones' using errcode = 'PT409';
  end if;
  if stored = jsonb_array_length(p -> 'commits') then
    return parked;
  end if;

  if (select count(*) <> count(distinct e.entry ->> 'runId') from jsonb_array_elements(p -> 'commits') as e(entry)) then
    raise exception 'a batch holds two commits of one run' using errcode = 'PT400';
  end if;
  -- A new snapshot: what the fence turned away is either stored already or somebody else's run.
  return coalesce(parked, '[]') || coalesce((
    select jsonb_agg(case
      when r.lease_epoch = c.epoch and r.commit_no >= c."commitNo" then
        jsonb_build_object('runId', c."runId", 'status', 'committed')
        || case when c.transition ->> 'type' = 'park' then jsonb_build_object('wakeNo', r.wake_no) else '{}' end
      else jsonb_build_object('runId', c."runId", 'status', 'stale')
    end)
    from jsonb_to_recordset(p -> 'commits') as c("runId" uuid, epoch integer, "commitNo" integer, transition jsonb)
    left join lateral (
      select x.lease_epoch, x.commit_no, x.wake_no from public.ai_workflow_runs x where x.id = c."runId" limit 1) r on true
    where not coalesce(parked, '[]') @> jsonb_build_array(jsonb_build_object('runId', c."runId"))
  ), '[]');
end
$$;

-- {reads: [{tenantId, runId, epoch, seq, limit}]}, each run at most once
-- → [{runId, kind, status, last: {epoch, seq}, events: [{epoch, seq, type, data, atMs}]}], unknown runs absent, null when none
-- is known. `last` is the end of what is stored. Events after a position: what a lost holder told and did not store is passed over, since its numbers were given again.
create function public.read_events(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return (
    with wanted as materialized (
      select *
      from jsonb_to_recordset(p -> 'reads') as i("tenantId" text, "runId" uuid, epoch integer, seq integer, "limit" integer)
    )
    select to_jsonb(array_agg(jsonb_build_object('runId', r.id, 'kind', r.kind, 'status', r.status,
      'last', jsonb_build_object('seq', r.event_seq, 'epoch', (
        select e.epoch from public.ai_run_events e where e.run_id = r.id and e.seq = r.event_seq)),
      'events', coalesce((
        select to_jsonb(array_agg(jsonb_build_object('epoch', v.epoch, 'seq', v.seq, 'type', v.type, 'data', v.data,
          'atMs', (extract(epoch from v.at) * 1000)::bigint) order by v.seq))
        from (
          select e.epoch, e.seq, e.type, e.data, e.at
          from public.ai_run_events e
          where e.run_id = i."runId" and e.seq > coalesce((
            select s.seq from public.ai_run_events s
            where s.run_id = i."runId" and s.seq <= i.seq and s.epoch <= i.epoch
            order by s.seq desc limit 1), 0)
          order by e.seq
          limit i."limit") v), '[]'))))
    from wanted i
    join public.ai_workflow_runs r on r.id = i."runId" and r.tenant_id is not distinct from i."tenantId"
    where r.id = any (array(select "runId" from wanted)));
end
$$;
revoke all on function public.read_events(jsonb) from public, anon, authenticated;
grant execute on function public.read_events(jsonb) to service_role;
