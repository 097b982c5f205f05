-- {runs: [{tenantId, runId}]} → RunSnapshot[], null when none is known.
create function public.get_runs(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return (
    with wanted as materialized (
      select * from jsonb_to_recordset(p -> 'runs') as i("tenantId" text, "runId" uuid)
    )
    select to_jsonb(array_agg(public.run_snapshot(r, case when r.finished_at is not null then r.steps else (
      select to_jsonb(array_agg(s.record order by s.ordinal, s.visit))
      from public.ai_workflow_run_steps s where s.run_id = r.id) end)))
    from wanted i
    join public.ai_workflow_runs r on r.id = i."runId" and r.tenant_id is not distinct from i."tenantId"
    where r.id = any (array(select "runId" from wanted)));
end
$$;

-- {tenantId, workflowId?, userId?, limit} → RunSummary[], newest first: no documents, 30 large runs passed 256 MiB.
-- One branch per index: a generic plan over optional conditions could use none of them.
create function public.list_runs(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  tenant text := p ->> 'tenantId';
  workflow uuid := (p ->> 'workflowId')::uuid;
  owner text := p ->> 'userId';
  row_limit integer := (p ->> 'limit')::integer;
  newest uuid[];
begin
  if workflow is not null then
    newest := array(select r.id from public.ai_workflow_runs r
      where r.tenant_id = tenant and r.workflow_id = workflow and (owner is null or r.user_id = owner)
      order by r.accepted_at desc, r.id desc limit row_limit);
  elsif owner is not null then
    newest := array(select r.id from public.ai_workflow_runs r
      where r.tenant_id = tenant and r.user_id = owner
      order by r.accepted_at desc, r.id desc limit row_limit);
  else
    newest := array(select r.id from public.ai_workflow_runs r
      where r.tenant_id = tenant
      order by r.accepted_at desc, r.id desc limit row_limit);
  end if;
  return (
    select to_jsonb(array_agg(public.run_summary(r) || jsonb_build_object('steps', coalesce((
      select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('path', s.path, 'visit', s.visit, 'action', s.action,
          'status', s.status, 'provider', s.provider, 'model', s.model, 'latencyMs', s.latency_ms,
          'costNanoUsd', (s.cost_usd * 1000000000)::bigint)) order by s.ordinal, s.visit)
      from public.ai_workflow_run_steps s where s.run_id = r.id), '[]')) order by r.accepted_at desc, r.id desc))
    from public.ai_workflow_runs r where r.id = any (newest));
end
$$;

create function public.workflow_view(w public.ai_workflows, definition jsonb) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'workflowId', w.id, 'name', w.name, 'version', w.version, 'status', w.status, 'definition', definition,
    'definitionSha256', w.definition_sha256,
    'createdAtMs', (extract(epoch from w.created_at) * 1000)::bigint,
    'updatedAtMs', (extract(epoch from w.updated_at) * 1000)::bigint)
$$;

-- {tenantId, name, version, status, definition, definitionSha256}
-- → {status: created | updated | unchanged | immutable, workflow}. A version that has run keeps its definition.
create function public.save_workflow(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  outcome text;
  saved public.ai_workflows;
  new_sha256 text := p ->> 'definitionSha256';
begin
  insert into public.ai_definitions (tenant_id, sha256, definition)
  values (p ->> 'tenantId', new_sha256, p -> 'definition')
  on conflict do nothing;

  insert into public.ai_workflows (tenant_id, name, version, status, definition_sha256)
  values (p ->> 'tenantId', p ->> 'name', (p ->> 'version')::integer, p ->> 'status', new_sha256)
  on conflict (tenant_id, name, version) do nothing
  returning * into saved;

  if saved.id is not null then
    outcome := 'created';
  else
    select w.* into saved from public.ai_workflows w
    where w.tenant_id = p ->> 'tenantId' and w.name = p ->> 'name' and w.version = (p ->> 'version')::integer
    for update;
    if saved.definition_sha256 <> new_sha256 and exists (
      select from public.ai_workflow_runs r where r.tenant_id = saved.tenant_id and r.workflow_id = saved.id) then
      outcome := 'immutable';
    elsif saved.definition_sha256 = new_sha256 and saved.status = p ->> 'status' then
      outcome := 'unchanged';
    else
      update public.ai_workflows w
      set definition_sha256 = new_sha256, status = p ->> 'status', updated_at = now()
      where w.id = saved.id
      returning w.* into saved;
      outcome := 'updated';
    end if;
  end if;
  return jsonb_build_object('status', outcome, 'workflow', (
    select public.workflow_view(saved, d.definition) from public.ai_definitions d
    where d.tenant_id = saved.tenant_id and d.sha256 = saved.definition_sha256));
end
$$;

-- {tenantId, workflowId} → SavedWorkflow or null
create function public.get_workflow(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return (
    select public.workflow_view(w, (
      select d.definition from public.ai_definitions d
      where d.tenant_id = w.tenant_id and d.sha256 = w.definition_sha256))
    from public.ai_workflows w
    where w.id = (p ->> 'workflowId')::uuid and w.tenant_id is not distinct from p ->> 'tenantId');
end
$$;

-- {tenantId, limit} → {total, workflows: SavedWorkflow[]}, last changed first
create function public.list_workflows(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return jsonb_build_object(
    'total', (select count(*) from public.ai_workflows w where w.tenant_id = p ->> 'tenantId'),
    'workflows', coalesce((
      select to_jsonb(array_agg(public.workflow_view(w, (
          select d.definition from public.ai_definitions d
          where d.tenant_id = w.tenant_id and d.sha256 = w.definition_sha256)) order by w.updated_at desc, w.id desc))
      from public.ai_workflows w
      where w.id = any (array(
        select n.id from public.ai_workflows n where n.tenant_id = p ->> 'tenantId'
        order by n.updated_at desc, n.id desc limit (p ->> 'limit')::integer))), '[]'));
end
$$;

-- {tenantId, sha256} → the definition or null
create function public.get_definition(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select d.definition from public.ai_definitions d
  where d.tenant_id = p ->> 'tenantId' and d.sha256 = p ->> 'sha256'
$$;

-- {} → {nowMs}
create function public.ping(p jsonb) returns jsonb
language sql volatile set search_path = '' as $$
  select jsonb_build_object('nowMs', (extract(epoch from clock_timestamp()) * 1000)::bigint)
$$;

do $$
declare
  signature text;
begin
  foreach signature in array array['get_runs(jsonb)', 'list_runs(jsonb)', 'workflow_view(public.ai_workflows, jsonb)',
      'save_workflow(jsonb)', 'get_workflow(jsonb)', 'list_workflows(jsonb)', 'get_definition(jsonb)',
      'ping(jsonb)'] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end
$$;
