-- Lists by any filter, versions of runs for conditional requests, and Idempotency-Key on requests that start no run.
--
-- * Lists are sorted by the run's id. It is a UUIDv7, so that is the order of submission, and one value is all that a
--   cursor needs. Every index that a list is read from ends in the id.
-- * `status` stands before the id: a status without many runs, or without any, is found as fast as any other, and a list
--   of several statuses, or of all, is merged from one short scan of each. Updates pay nothing for it: an update that
--   changes the status changes wake_at, which is indexed too, and therefore was never HOT.

drop index public.ai_workflow_runs_tenant;
drop index public.ai_workflow_runs_workflow;
drop index public.ai_workflow_runs_user;
create index ai_workflow_runs_kind on public.ai_workflow_runs (tenant_id, kind, status, id);
create index ai_workflow_runs_workflow on public.ai_workflow_runs (tenant_id, workflow_id, status, id)
  where workflow_id is not null;
create index ai_workflow_runs_name on public.ai_workflow_runs (tenant_id, workflow_name, status, id)
  where kind = 'workflow';
create index ai_workflow_runs_user on public.ai_workflow_runs (tenant_id, user_id, status, id)
  where user_id is not null;
create index ai_workflow_run_steps_provider on public.ai_workflow_run_steps (tenant_id, provider, run_id)
  where provider is not null;
create index ai_workflow_run_steps_model on public.ai_workflow_run_steps (tenant_id, model, run_id)
  where model is not null;

alter table public.ai_workflow_runs
  add column tags text[] not null default '{}',
  -- The request that brought the run waits for its result until then, or longer: a repetition meanwhile is turned away.
  add column reply_until timestamptz;

-- The runs of a tag. No index on an array gives them in an order.
create table public.ai_run_tags (
  tenant_id text not null,
  tag text not null,
  run_id uuid not null,
  primary key (tenant_id, tag, run_id)
);

-- Requests with an Idempotency-Key that start no run (those that do keep the key in their run), and what was answered: for a
-- day, since a reply may hold what is shown once. While `reply` is null the request is in progress until locked_until; one that
-- failed has given the key back: no request_sha256. As in the runs' index the key leads.
create table public.ai_idempotency_keys (
  tenant_id text not null,
  key text not null,
  request_sha256 text,
  token uuid not null,
  locked_until timestamptz not null,
  reply jsonb,
  created_at timestamptz not null default now(),
  primary key (key, tenant_id)
);
create index ai_idempotency_keys_created on public.ai_idempotency_keys (created_at);

-- Whether a key is taken. Taken means until it is a day old, whether or not somebody has purged it.
create function public.is_key_held(k public.ai_idempotency_keys) returns boolean
language sql stable as $$
  select k.request_sha256 is not null and k.created_at > now() - interval '1 day'
$$;

do $$
declare
  name text;
begin
  foreach name in array array['ai_run_tags', 'ai_idempotency_keys'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('alter table public.%I force row level security', name);
    execute format('revoke all on table public.%I from public, anon, authenticated, service_role', name);
  end loop;
end
$$;
grant select, insert on public.ai_run_tags to service_role;
grant select, insert, update on public.ai_idempotency_keys to service_role;

-- Differs whenever anything that clients see of a run does: a claim changes the epoch, a commit its number, a decision
-- the events.
create function public.run_version(r public.ai_workflow_runs) returns text
language sql stable as $$
  select r.status || '.' || r.lease_epoch || '.' || r.commit_no || '.' || r.event_seq
    || case when r.cancel_requested_at is null then '' else '.c' end
$$;

-- A run without its documents. Inlined by the planner, therefore without settings of its own.
create or replace function public.run_summary(r public.ai_workflow_runs) returns jsonb
language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object(
      'runId', r.id, 'kind', r.kind, 'status', r.status, 'tenantId', r.tenant_id, 'userId', r.user_id,
      'requestId', r.request_id, 'workflowId', r.workflow_id, 'workflowName', r.workflow_name,
      'workflowVersion', r.workflow_version, 'tags', to_jsonb(r.tags), 'degraded', r.degraded,
      'cancelRequested', r.cancel_requested_at is not null, 'version', public.run_version(r),
      'maxCostNanoUsd', (r.max_cost_usd * 1000000000)::bigint,
      'costNanoUsd', (r.total_cost_usd * 1000000000)::bigint,
      'reservedNanoUsd', (r.reserved_usd * 1000000000)::bigint,
      'acceptedAtMs', (extract(epoch from r.accepted_at) * 1000)::bigint,
      'startedAtMs', (extract(epoch from r.started_at) * 1000)::bigint,
      'finishedAtMs', (extract(epoch from r.finished_at) * 1000)::bigint,
      'wakeAtMs', (extract(epoch from r.wake_at) * 1000)::bigint))
    || case when r.error is null then '{}' else jsonb_build_object('error', r.error) end
$$;

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
      "replyTo" text, traceparent text, live boolean, tags text[], "replyForMs" double precision)
    order by n."idempotencyKey", n.id
  ),
  inserted as (
    insert into public.ai_workflow_runs (id, tenant_id, kind, status, user_id, request_id, workflow_id, workflow_name,
      workflow_version, definition_sha256, input, priority, max_cost_usd, timeout_ms, idempotency_key, request_sha256,
      reply_to, traceparent, live, event_seq, wake_no, wake_at, accepted_at, tags, reply_until)
    select n.id, n."tenantId", n.kind, 'queued', n."userId", n."requestId", n."workflowId", n."workflowName",
      n."workflowVersion", n."definitionSha256", coalesce(n.input, 'null'), n.priority,
      n."maxCostNanoUsd" * 0.000000001, n."timeoutMs", n."idempotencyKey", n."requestSha256",
      n."replyTo", n.traceparent, coalesce(n.live, false), 1, 1, now() + interval '5 seconds', now(),
      coalesce(n.tags, '{}'), now() + n."replyForMs" * interval '1 millisecond'
    from incoming n
    where (n."definitionSha256" is null or (
        select true from public.ai_definitions d where d.tenant_id = n."tenantId" and d.sha256 = n."definitionSha256"))
      and (n."idempotencyKey" is null or (
        select true from public.ai_idempotency_keys k where k.key = n."idempotencyKey" and k.tenant_id = n."tenantId"
          and public.is_key_held(k)) is null)
    on conflict do nothing
    returning id, tenant_id, user_id, kind, workflow_name, tags
  ),
  tagged as (
    insert into public.ai_run_tags (tenant_id, tag, run_id)
    select tenant_id, unnest(tags), id from inserted
    on conflict do nothing
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
      when keyed.request_sha256 is not distinct from n."requestSha256" and keyed.id is not null then
        jsonb_build_object('id', n.id, 'status', 'duplicate', 'runId', keyed.id, 'isInUse', keyed.is_in_use)
      when keyed.id is not null or taken.key is not null then jsonb_build_object('id', n.id, 'status', 'key-reused')
      else jsonb_build_object('id', n.id, 'status', 'definition-missing')
    end),
    bool_or(same.id is null and keyed.id is null and taken.key is null and (n."definitionSha256" is null or coalesce((
      select true from public.ai_definitions d where d.tenant_id = n."tenantId" and d.sha256 = n."definitionSha256"),
      false)))
  into answer, unexplained
  from jsonb_to_recordset(p -> 'runs') as n(id uuid, "tenantId" text, "idempotencyKey" text, "requestSha256" text,
    "definitionSha256" text)
  left join lateral (
    select r.id, r.lease_epoch, r.wake_no from public.ai_workflow_runs r where r.id = n.id limit 1) same on true
  left join lateral (
    select r.id, r.request_sha256,
      coalesce(r.reply_until > now() and r.status in ('queued', 'running', 'waiting'), false) as is_in_use
    from public.ai_workflow_runs r
    where r.idempotency_key = n."idempotencyKey" and r.tenant_id is not distinct from n."tenantId" limit 1) keyed on true
  left join lateral (
    select k.key from public.ai_idempotency_keys k
    where k.key = n."idempotencyKey" and k.tenant_id = n."tenantId" and public.is_key_held(k) limit 1) taken on true;

  if unexplained then
    raise exception 'a run was neither stored nor found' using errcode = '40001';
  end if;
  return answer;
end
$$;

-- {tenantId, runIds, forMs?} → null. Whoever brought these runs still waits, for so long at least; without a time, waits no
-- longer. That is final: a call that comes late holds nothing again.
create function public.hold_replies(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  update public.ai_workflow_runs r
  set reply_until = now() + (p ->> 'forMs')::double precision * interval '1 millisecond'
  from (select i.id::uuid as id from jsonb_array_elements_text(p -> 'runIds') as i(id) order by 1) held
  where r.id = held.id and r.id = any (array(select i.id::uuid from jsonb_array_elements_text(p -> 'runIds') as i(id)))
    and r.tenant_id is not distinct from p ->> 'tenantId' and r.reply_until is not null;
  return null;
end
$$;

-- {tenantId, key, requestSha256, token, lockMs}
-- → {status: claimed | in-use | key-reused} or {status: replay, reply}. Whoever claims the key carries the request out and then
-- settles; one that died is replaced by a repetition of the same request when its lock has run out. Repeating the call with
-- its token gets the same answer.
create function public.claim_idempotency_key(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  claimed uuid;
  held public.ai_idempotency_keys;
begin
  if exists (select from public.ai_workflow_runs r
      where r.idempotency_key = p ->> 'key' and r.tenant_id is not distinct from p ->> 'tenantId') then
    return jsonb_build_object('status', 'key-reused');
  end if;

  insert into public.ai_idempotency_keys as k (tenant_id, key, request_sha256, token, locked_until)
  values (p ->> 'tenantId', p ->> 'key', p ->> 'requestSha256', (p ->> 'token')::uuid,
    now() + (p ->> 'lockMs')::double precision * interval '1 millisecond')
  on conflict (key, tenant_id) do update set
    request_sha256 = excluded.request_sha256, token = excluded.token, locked_until = excluded.locked_until, reply = null,
    created_at = now()
  where not public.is_key_held(k) or (k.reply is null and (k.token = excluded.token
    or (k.request_sha256 = excluded.request_sha256 and k.locked_until <= now())))
  returning k.token into claimed;
  if claimed is not null then
    return jsonb_build_object('status', 'claimed');
  end if;

  select k.* into held from public.ai_idempotency_keys k
  where k.key = p ->> 'key' and k.tenant_id = p ->> 'tenantId';
  return case
    when held.request_sha256 is distinct from p ->> 'requestSha256' then jsonb_build_object('status', 'key-reused')
    when held.reply is not null then jsonb_build_object('status', 'replay', 'reply', held.reply)
    else jsonb_build_object('status', 'in-use')
  end;
end
$$;

-- {tenantId, key, token, reply?} → null. Keeps the reply; without one, gives the key back for any request.
create function public.settle_idempotency_key(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  update public.ai_idempotency_keys k set
    reply = p -> 'reply',
    request_sha256 = case when p ? 'reply' then k.request_sha256 end,
    locked_until = now()
  where k.key = p ->> 'key' and k.tenant_id = p ->> 'tenantId' and k.token = (p ->> 'token')::uuid and k.reply is null;
  return null;
end
$$;

-- {} → {deleted}. With its owner's rights, since service_role may not delete; how long keys are kept is not the caller's choice.
create function public.purge_idempotency_keys(p jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = '' set lock_timeout = '2s'
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
declare
  deleted integer;
begin
  delete from public.ai_idempotency_keys k where k.created_at < now() - interval '1 day';
  get diagnostics deleted = row_count;
  return jsonb_build_object('deleted', deleted);
end
$$;

-- {runs: [{tenantId, runId}]} → [{tenantId, runId, version}], null when none is known: what an unchanged run costs to ask for.
create function public.get_run_versions(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return (
    with wanted as materialized (
      select * from jsonb_to_recordset(p -> 'runs') as i("tenantId" text, "runId" uuid)
    )
    select jsonb_agg(jsonb_build_object('tenantId', r.tenant_id, 'runId', r.id, 'version', public.run_version(r)))
    from wanted i
    join public.ai_workflow_runs r on r.id = i."runId" and r.tenant_id is not distinct from i."tenantId"
    where r.id = any (array(select "runId" from wanted)));
end
$$;

-- The smallest id of a run submitted at this moment, Unix milliseconds.
create function public.run_id_at(at_ms bigint) returns uuid
language sql immutable as $$
  select (lpad(to_hex(least(greatest(at_ms, 0), 281474976710655)), 12, '0') || repeat('0', 20))::uuid
$$;

-- {tenantId, kind?, statuses?, workflowId?, workflowName?, userId?, provider?, model?, tag?, fromMs?, toMs?,
-- minCostNanoUsd?, maxCostNanoUsd?, limit, before?: run id}
-- → {runs: RunSummary[] without steps, steps: StepSummary[][] beside them, next: run id or null}, newest first: no documents,
-- 30 large runs passed 256 MiB.
--
-- Candidates come, newest first, from the index of one filter; one branch per index, as a generic plan over optional
-- conditions could use none of them. The other filters look at the candidates, which are taken in growing portions
-- until the page is full or 5,000 are examined: such a page may be short and still have a `next`. So no list costs more
-- because more runs are stored, whatever is asked for.
create or replace function public.list_runs(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off set enable_hashagg = off
as $$
#variable_conflict use_column
declare
  max_examined constant integer := 5000;
  -- Ids carry the clock of the API process that made them, accepted_at is the database's: bounds by time are exact as
  -- long as these differ by less.
  clock_skew_ms constant bigint := 300000;
  active constant text[] := '{queued,running,waiting,waiting_approval}';
  tenant text := p ->> 'tenantId';
  page integer := (p ->> 'limit')::integer;
  wanted_kind text := p ->> 'kind';
  wanted_workflow uuid := (p ->> 'workflowId')::uuid;
  wanted_name text := p ->> 'workflowName';
  wanted_user text := p ->> 'userId';
  wanted_provider text := p ->> 'provider';
  wanted_model text := p ->> 'model';
  wanted_tag text := p ->> 'tag';
  from_ms bigint := (p ->> 'fromMs')::bigint;
  to_ms bigint := (p ->> 'toMs')::bigint;
  min_cost numeric := coalesce((p ->> 'minCostNanoUsd')::bigint, 0) * 0.000000001;
  max_cost numeric := (p ->> 'maxCostNanoUsd')::bigint * 0.000000001;
  kinds text[] := case when wanted_kind is null then '{generate,workflow}' else array[wanted_kind] end;
  statuses text[] := case when p ? 'statuses' then array(select jsonb_array_elements_text(p -> 'statuses'))
    else active || '{completed,failed,cancelled}'::text[] end;
  oldest uuid := public.run_id_at(coalesce(from_ms - clock_skew_ms, 0));
  below uuid := least(coalesce((p ->> 'before')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    public.run_id_at(coalesce(to_ms + clock_skew_ms, 281474976710655)));
  source text := case
    when wanted_workflow is not null then 'workflow'
    when wanted_name is not null then 'name'
    when wanted_user is not null then 'user'
    -- Few runs are active; all with a tag or a model may be very many.
    when statuses <@ active then 'kind'
    when wanted_tag is not null then 'tag'
    when wanted_model is not null then 'model'
    when wanted_provider is not null then 'provider'
    else 'kind'
  end;
  portion integer := page + 1;
  examined integer := 0;
  candidates uuid[];
  matching uuid[] := '{}';
  next_id uuid;
begin
  loop
    if source = 'workflow' then
      candidates := array(select c.id from unnest(statuses) s(status) cross join lateral (
          select r.id from public.ai_workflow_runs r
          where r.tenant_id = tenant and r.workflow_id = wanted_workflow and r.status = s.status and r.id < below and r.id >= oldest
          order by r.id desc limit portion) c
        order by c.id desc limit portion);
    elsif source = 'name' then
      candidates := array(select c.id from unnest(statuses) s(status) cross join lateral (
          select r.id from public.ai_workflow_runs r
          where r.tenant_id = tenant and r.workflow_name = wanted_name and r.kind = 'workflow' and r.status = s.status
            and r.id < below and r.id >= oldest
          order by r.id desc limit portion) c
        order by c.id desc limit portion);
    elsif source = 'user' then
      candidates := array(select c.id from unnest(statuses) s(status) cross join lateral (
          select r.id from public.ai_workflow_runs r
          where r.tenant_id = tenant and r.user_id = wanted_user and r.status = s.status and r.id < below and r.id >= oldest
          order by r.id desc limit portion) c
        order by c.id desc limit portion);
    elsif source = 'tag' then
      candidates := array(select t.run_id from public.ai_run_tags t
        where t.tenant_id = tenant and t.tag = wanted_tag and t.run_id < below and t.run_id >= oldest
        order by t.run_id desc limit portion);
    elsif source = 'model' then
      candidates := array(select distinct s.run_id from public.ai_workflow_run_steps s
        where s.tenant_id = tenant and s.model = wanted_model and s.run_id < below and s.run_id >= oldest
        order by s.run_id desc limit portion);
    elsif source = 'provider' then
      candidates := array(select distinct s.run_id from public.ai_workflow_run_steps s
        where s.tenant_id = tenant and s.provider = wanted_provider and s.run_id < below and s.run_id >= oldest
        order by s.run_id desc limit portion);
    else
      candidates := array(select c.id from unnest(kinds) k(kind) cross join unnest(statuses) s(status) cross join lateral (
          select r.id from public.ai_workflow_runs r
          where r.tenant_id = tenant and r.kind = k.kind and r.status = s.status and r.id < below and r.id >= oldest
          order by r.id desc limit portion) c
        order by c.id desc limit portion);
    end if;

    -- Written so that no index but that of the ids can serve it.
    matching := matching || array(select r.id from public.ai_workflow_runs r
      where r.id = any (candidates)
        and array_position(kinds, r.kind) is not null
        and array_position(statuses, r.status) is not null
        and r.workflow_name is not distinct from coalesce(wanted_name, r.workflow_name)
        and r.user_id is not distinct from coalesce(wanted_user, r.user_id)
        and (wanted_tag is null or wanted_tag = any (r.tags))
        and r.total_cost_usd >= min_cost and r.total_cost_usd <= coalesce(max_cost, r.total_cost_usd)
        and (extract(epoch from r.accepted_at) * 1000)::bigint >= coalesce(from_ms, 0)
        and (to_ms is null or (extract(epoch from r.accepted_at) * 1000)::bigint < to_ms)
        and ((wanted_provider is null and wanted_model is null) or (
          select true from public.ai_workflow_run_steps s
          where s.run_id = r.id and s.provider = coalesce(wanted_provider, s.provider)
            and s.model = coalesce(wanted_model, s.model) limit 1))
      order by r.id desc);
    examined := examined + cardinality(candidates);
    exit when cardinality(matching) > page or cardinality(candidates) < portion;
    below := candidates[portion];
    if examined >= max_examined then
      next_id := below;
      exit;
    end if;
    portion := least(portion * 4, 1000);
  end loop;
  if cardinality(matching) > page then
    next_id := matching[page];
  end if;

  -- Joined by the caller: putting 50 runs and their steps together with || costs as much again as all the rest.
  return (
    select jsonb_build_object('next', next_id,
      'runs', coalesce(to_jsonb(array_agg(public.run_summary(r) order by r.id desc)), '[]'),
      'steps', coalesce(to_jsonb(array_agg(coalesce((
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('path', s.path, 'visit', s.visit, 'action', s.action,
            'status', s.status, 'provider', s.provider, 'model', s.model, 'latencyMs', s.latency_ms,
            'costNanoUsd', (s.cost_usd * 1000000000)::bigint)) order by s.ordinal, s.visit)
        from public.ai_workflow_run_steps s where s.run_id = r.id), '[]') order by r.id desc)), '[]'))
    from public.ai_workflow_runs r where r.id = any (matching[1:page]));
end
$$;

do $$
declare
  signature text;
begin
  foreach signature in array array['run_version(public.ai_workflow_runs)', 'hold_replies(jsonb)',
      'claim_idempotency_key(jsonb)', 'settle_idempotency_key(jsonb)', 'purge_idempotency_keys(jsonb)',
      'is_key_held(public.ai_idempotency_keys)', 'get_run_versions(jsonb)', 'run_id_at(bigint)'] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end
$$;
