-- An approval as clients see it. What has expired says so, whether or not somebody has written it down.
create function public.approval_record(a public.ai_approvals) returns jsonb
language sql stable as $$
  select public.approval_state(a) || jsonb_strip_nulls(jsonb_build_object(
    'tenantId', a.tenant_id, 'runId', a.run_id, 'message', a.message,
    'createdAtMs', (extract(epoch from a.created_at) * 1000)::bigint,
    'decidedAtMs', (extract(epoch from coalesce(a.decided_at,
      case when a.expires_at <= now() then a.expires_at end)) * 1000)::bigint,
    'decidedBy', a.decided_by, 'note', a.note))
$$;

-- {tenantId, status?, runId?, limit, before?: approval id} → {approvals: ApprovalRecord[], hasMore}, newest first.
-- One branch per index: a generic plan over optional conditions could use none of them.
create function public.list_approvals(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  tenant text := p ->> 'tenantId';
  run uuid := (p ->> 'runId')::uuid;
  wanted text := p ->> 'status';
  row_limit integer := (p ->> 'limit')::integer;
  before_at timestamptz := 'infinity';
  before_id uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  newest uuid[];
begin
  if p ? 'before' then
    select a.created_at, a.id into before_at, before_id
    from public.ai_approvals a
    where a.id = (p ->> 'before')::uuid and a.tenant_id is not distinct from tenant;
    if before_id is null then
      return jsonb_build_object('approvals', '[]'::jsonb, 'hasMore', false);
    end if;
  end if;
  if run is not null then
    newest := array(select a.id from public.ai_approvals a
      where a.run_id = run and a.tenant_id is not distinct from tenant
        and (wanted is null or public.approval_status(a) = wanted)
        and (a.created_at, a.id) < (before_at, before_id)
      order by a.created_at desc, a.id desc limit row_limit + 1);
  elsif wanted is null then
    newest := array(select a.id from public.ai_approvals a
      where a.tenant_id = tenant and (a.created_at, a.id) < (before_at, before_id)
      order by a.created_at desc, a.id desc limit row_limit + 1);
  elsif wanted = 'expired' then
    -- Those that nobody has written down yet are few: the end of their run does it.
    newest := array(select e.id from (
        (select a.id, a.created_at from public.ai_approvals a
          where a.tenant_id = tenant and a.status = 'expired' and (a.created_at, a.id) < (before_at, before_id)
          order by a.created_at desc, a.id desc limit row_limit + 1)
        union all
        (select a.id, a.created_at from public.ai_approvals a
          where a.tenant_id = tenant and a.status = 'pending' and a.expires_at <= now()
            and (a.created_at, a.id) < (before_at, before_id))) e
      order by e.created_at desc, e.id desc limit row_limit + 1);
  else
    newest := array(select a.id from public.ai_approvals a
      where a.tenant_id = tenant and a.status = wanted and public.approval_status(a) = wanted
        and (a.created_at, a.id) < (before_at, before_id)
      order by a.created_at desc, a.id desc limit row_limit + 1);
  end if;
  return jsonb_build_object('hasMore', cardinality(newest) > row_limit, 'approvals', coalesce((
    select to_jsonb(array_agg(public.approval_record(a) order by a.created_at desc, a.id desc))
    from public.ai_approvals a where a.id = any (newest[1:row_limit])), '[]'));
end
$$;

-- {tenantId, approvalId} → ApprovalRecord or null
create function public.get_approval(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return (
    select public.approval_record(a) from public.ai_approvals a
    where a.id = (p ->> 'approvalId')::uuid and a.tenant_id is not distinct from p ->> 'tenantId');
end
$$;

create function public.approval_decided(a public.ai_approvals, r public.ai_workflow_runs) returns jsonb
language sql stable as $$
  select jsonb_build_object('status', 'decided', 'approval', public.approval_record(a),
    'wake', jsonb_build_object('runId', r.id, 'kind', r.kind, 'epoch', r.lease_epoch, 'wakeNo', r.wake_no,
      'priority', r.priority))
$$;

-- {tenantId, approvalId, decision: approve | reject, token, decidedBy?, note?}
-- → {status: decided | conflict, approval, wake?} or {status: not-found | held}. A decision is made once; a repeat with the same
-- token is the same call, whose answer was lost.
-- Locks the run before the approval, as commit_runs and cancel_runs do. While a worker holds the run its event numbers are
-- the worker's, and it is about to park or to end the run: `held` makes the caller ask again.
create function public.decide_approval(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  run public.ai_workflow_runs;
  approval public.ai_approvals;
  outcome text := case p ->> 'decision' when 'approve' then 'approved' when 'reject' then 'rejected' end;
begin
  if outcome is null then
    raise exception 'a decision is approve or reject' using errcode = 'PT400';
  end if;
  select r.* into run from public.ai_workflow_runs r
  where r.id = (
    select a.run_id from public.ai_approvals a
    where a.id = (p ->> 'approvalId')::uuid and a.tenant_id is not distinct from p ->> 'tenantId')
  for update;
  -- A second statement: the first one may have waited for another decision.
  select a.* into approval from public.ai_approvals a
  where a.id = (p ->> 'approvalId')::uuid and a.run_id is not distinct from run.id for update;
  if approval.id is null then
    return jsonb_build_object('status', 'not-found');
  end if;
  if approval.decision_token is not null and approval.decision_token = p ->> 'token' then
    return public.approval_decided(approval, run);
  end if;
  if public.approval_status(approval) <> 'pending' then
    return jsonb_build_object('status', 'conflict', 'approval', public.approval_record(approval));
  end if;
  if run.status = 'running' then
    return jsonb_build_object('status', 'held');
  end if;

  update public.ai_approvals a
  set status = outcome, decided_at = now(), decided_by = p ->> 'decidedBy', note = p ->> 'note',
    decision_token = p ->> 'token'
  where a.id = approval.id
  returning a.* into approval;

  update public.ai_workflow_runs r
  set status = 'queued', wake_at = now(), wake_no = r.wake_no + 1, wake_misses = 0, event_seq = r.event_seq + 1
  where r.id = run.id
  returning r.* into run;

  insert into public.ai_run_events (run_id, seq, tenant_id, epoch, type, data)
  values (run.id, run.event_seq, run.tenant_id, run.lease_epoch, 'approval-' || outcome,
    jsonb_strip_nulls(jsonb_build_object('path', approval.path, 'approvalId', approval.id, 'decidedBy', approval.decided_by)));

  insert into public.ai_audit_log (event_type, tenant_id, user_id, run_id, path, provider, model, detail)
  values ('approval-' || outcome, run.tenant_id, run.user_id, run.id, approval.path, approval.provider, approval.model,
    jsonb_strip_nulls(jsonb_build_object('approvalId', approval.id, 'decidedBy', approval.decided_by, 'note', approval.note,
      'estimatedCostNanoUsd', (approval.estimated_cost_usd * 1000000000)::bigint)));

  return public.approval_decided(approval, run);
end
$$;

do $$
declare
  signature text;
begin
  foreach signature in array array['approval_record(public.ai_approvals)',
      'approval_decided(public.ai_approvals, public.ai_workflow_runs)', 'list_approvals(jsonb)', 'get_approval(jsonb)',
      'decide_approval(jsonb)'] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end
$$;
