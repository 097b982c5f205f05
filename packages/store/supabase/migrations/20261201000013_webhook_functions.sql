-- Secrets are not part of it.
create function public.webhook_endpoint_record(e public.ai_webhook_endpoints) returns jsonb
language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object('id', e.id, 'tenantId', e.tenant_id, 'url', e.url, 'description', e.description,
    'events', e.events, 'status', e.status, 'disabledReason', e.disabled_reason,
    'failingSinceMs', (extract(epoch from e.failing_since) * 1000)::bigint,
    'createdAtMs', (extract(epoch from e.created_at) * 1000)::bigint,
    'updatedAtMs', (extract(epoch from e.updated_at) * 1000)::bigint))
$$;

-- Without the documents.
create function public.webhook_delivery_summary(d public.ai_webhook_deliveries) returns jsonb
language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object('id', d.id, 'endpointId', d.endpoint_id, 'eventId', d.event_id,
    'eventType', d.event_type, 'runId', d.run_id, 'status', d.status, 'attempts', d.attempts,
    'nextAttemptAtMs', (extract(epoch from d.next_attempt_at) * 1000)::bigint,
    'lastAttemptAtMs', (extract(epoch from d.last_attempt_at) * 1000)::bigint,
    'lastStatus', d.last_status, 'lastError', d.last_error, 'lastLatencyMs', d.last_latency_ms,
    'createdAtMs', (extract(epoch from d.created_at) * 1000)::bigint,
    'deliveredAtMs', (extract(epoch from d.delivered_at) * 1000)::bigint))
$$;

create function public.webhook_delivery_record(d public.ai_webhook_deliveries) returns jsonb
language sql stable as $$
  select public.webhook_delivery_summary(d) || jsonb_build_object('payload', d.payload)
    || case when d.last_response is null then '{}' else jsonb_build_object('lastResponse', d.last_response) end
$$;

-- {id, tenantId, url, description?, events, secret, maxEndpoints} → the endpoint, or null when the tenant has as many as it may.
-- Repeated with the same id it is one endpoint.
create function public.create_webhook_endpoint(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  -- One at a time per tenant, else two could both be the last one.
  perform pg_advisory_xact_lock(hashtextextended('webhook-endpoints ' || (p ->> 'tenantId'), 0));
  insert into public.ai_webhook_endpoints (id, tenant_id, url, description, events, secrets)
  select (p ->> 'id')::uuid, p ->> 'tenantId', p ->> 'url', p ->> 'description',
    array(select jsonb_array_elements_text(p -> 'events')), jsonb_build_array(jsonb_build_object('value', p -> 'secret'))
  where (select count(*) from public.ai_webhook_endpoints e
    where e.tenant_id = p ->> 'tenantId' and e.status <> 'deleted') < (p ->> 'maxEndpoints')::integer
  on conflict (id) do nothing;
  return (
    select public.webhook_endpoint_record(e) from public.ai_webhook_endpoints e
    where e.id = (p ->> 'id')::uuid and e.tenant_id is not distinct from p ->> 'tenantId');
end
$$;

-- {tenantId} → WebhookEndpointRecord[], newest first, null when there is none. A tenant has few.
create function public.list_webhook_endpoints(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return (
    select jsonb_agg(public.webhook_endpoint_record(e) order by e.created_at desc, e.id desc)
    from public.ai_webhook_endpoints e
    where e.id = any (array(
      select n.id from public.ai_webhook_endpoints n where n.tenant_id = p ->> 'tenantId' and n.status <> 'deleted'
      order by n.created_at desc, n.id desc limit 1000)));
end
$$;

-- {tenantId, endpointId} → WebhookEndpointRecord or null
create function public.get_webhook_endpoint(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return (
    select public.webhook_endpoint_record(e) from public.ai_webhook_endpoints e
    where e.id = (p ->> 'endpointId')::uuid and e.tenant_id is not distinct from p ->> 'tenantId' and e.status <> 'deleted');
end
$$;

-- {tenantId, endpointId, url?, description?, events?, status?: enabled | disabled | deleted} → the endpoint or null. A description of
-- null removes it. What waits for a disabled endpoint is cancelled by the next claim.
create function public.update_webhook_endpoint(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  changed public.ai_webhook_endpoints;
begin
  update public.ai_webhook_endpoints e set
    url = coalesce(p ->> 'url', e.url),
    description = case when p ? 'description' then p ->> 'description' else e.description end,
    events = case when p ? 'events' then array(select jsonb_array_elements_text(p -> 'events')) else e.events end,
    status = coalesce(p ->> 'status', e.status),
    disabled_reason = case coalesce(p ->> 'status', e.status) when 'disabled' then coalesce(e.disabled_reason, 'user') end,
    failing_since = case when p ->> 'status' = 'enabled' and e.status <> 'enabled' then null else e.failing_since end,
    secrets = case when p ->> 'status' = 'deleted' then '[]' else e.secrets end,
    updated_at = now()
  where e.id = (p ->> 'endpointId')::uuid and e.tenant_id is not distinct from p ->> 'tenantId' and e.status <> 'deleted'
  returning e.* into changed;
  return case when changed.id is not null then public.webhook_endpoint_record(changed) end;
end
$$;

-- {tenantId, endpointId, secret, overlapMs} → {endpoint, previousExpiresAtMs} or null. The secrets before it stay valid for the overlap,
-- the newest two of them. Repeated with the same secret it changes nothing.
create function public.rotate_webhook_secret(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  now_ms bigint := (extract(epoch from now()) * 1000)::bigint;
  rotated public.ai_webhook_endpoints;
begin
  update public.ai_webhook_endpoints e set
    secrets = jsonb_build_array(jsonb_build_object('value', p -> 'secret')) || coalesce((
      select jsonb_agg(jsonb_build_object('value', s.item -> 'value',
        'expiresAtMs', coalesce((s.item ->> 'expiresAtMs')::bigint, now_ms + (p ->> 'overlapMs')::bigint)) order by s.position)
      from jsonb_array_elements(e.secrets) with ordinality as s(item, position)
      where s.position <= 2 and coalesce((s.item ->> 'expiresAtMs')::bigint > now_ms, true)), '[]'),
    updated_at = now()
  where e.id = (p ->> 'endpointId')::uuid and e.tenant_id is not distinct from p ->> 'tenantId' and e.status <> 'deleted'
    and e.secrets -> 0 -> 'value' <> p -> 'secret'
  returning e.* into rotated;
  if rotated.id is null then
    select e.* into rotated from public.ai_webhook_endpoints e
    where e.id = (p ->> 'endpointId')::uuid and e.tenant_id is not distinct from p ->> 'tenantId' and e.status <> 'deleted';
  end if;
  if rotated.id is null then
    return null;
  end if;
  return jsonb_build_object('endpoint', public.webhook_endpoint_record(rotated),
    'previousExpiresAtMs', rotated.secrets -> 1 -> 'expiresAtMs');
end
$$;

-- {tenantId, endpointId, eventId} → the delivery, or null when the endpoint is unknown or not enabled. Sent whatever the filter says.
create function public.send_webhook_test(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  insert into public.ai_webhook_deliveries (id, tenant_id, endpoint_id, event_id, event_type, payload)
  select public.uuid_at(now(), gen_random_uuid()), e.tenant_id, e.id, p ->> 'eventId', 'webhook.test',
    public.webhook_payload('webhook.test', now(), jsonb_build_object('endpointId', e.id, 'links',
      jsonb_build_object('endpoint', '/api/webhooks/' || e.id)))
  from public.ai_webhook_endpoints e
  where e.id = (p ->> 'endpointId')::uuid and e.tenant_id is not distinct from p ->> 'tenantId'
    and e.status is not distinct from 'enabled'
  on conflict do nothing;
  return (
    select public.webhook_delivery_record(d) from public.ai_webhook_deliveries d
    where d.endpoint_id = (p ->> 'endpointId')::uuid and d.event_id = p ->> 'eventId'
      and d.tenant_id is not distinct from p ->> 'tenantId');
end
$$;

-- {tenantId, endpointId, status?, limit, before?: delivery id} → {deliveries, hasMore}, newest first; null for an unknown endpoint.
-- One index by status serves both: without a filter the newest of each status are merged.
create function public.list_webhook_deliveries(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  row_limit integer := (p ->> 'limit')::integer;
  newest uuid[];
begin
  if public.get_webhook_endpoint(p) is null then
    return null;
  end if;
  newest := array(
    select d.id
    from unnest(case when p ? 'status' then array[p ->> 'status']
      else array['pending', 'delivered', 'failed', 'cancelled'] end) as s(status)
    cross join lateral (
      select x.id from public.ai_webhook_deliveries x
      where x.endpoint_id = (p ->> 'endpointId')::uuid and x.status = s.status
        and x.id < coalesce((p ->> 'before')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by x.id desc limit row_limit + 1) d
    order by d.id desc limit row_limit + 1);
  return jsonb_build_object('hasMore', cardinality(newest) > row_limit, 'deliveries', coalesce((
    select jsonb_agg(public.webhook_delivery_summary(d) order by d.id desc)
    from public.ai_webhook_deliveries d where d.id = any (newest[1:row_limit])), '[]'));
end
$$;

-- {tenantId, endpointId, deliveryId} → WebhookDeliveryRecord or null
create function public.get_webhook_delivery(p jsonb) returns jsonb
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return (
    select public.webhook_delivery_record(d) from public.ai_webhook_deliveries d
    where d.id = (p ->> 'deliveryId')::uuid and d.endpoint_id is not distinct from (p ->> 'endpointId')::uuid
      and d.tenant_id is not distinct from p ->> 'tenantId' and public.get_webhook_endpoint(p) is not null);
end
$$;

-- {tenantId, endpointId, deliveryId} or {tenantId, endpointId, fromMs, toMs, status, limit}
-- → {status: replayed, replayed, hasMore, lastCreatedAtMs?} or {status: not-found | disabled}. Begins the schedule of each from its
-- start, under the same event id; the oldest first. `toMs` is exclusive.
create function public.replay_webhook_deliveries(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  nothing constant uuid := '00000000-0000-0000-0000-000000000000';
  endpoint jsonb := public.get_webhook_endpoint(p);
  row_limit integer := coalesce((p ->> 'limit')::integer, 1);
  wanted uuid[];
  replayed_ids uuid[];
begin
  if endpoint is null then
    return jsonb_build_object('status', 'not-found');
  end if;
  if p ? 'deliveryId' then
    wanted := array(select d.id from public.ai_webhook_deliveries d
      where d.id = (p ->> 'deliveryId')::uuid and d.endpoint_id is not distinct from (p ->> 'endpointId')::uuid);
    if cardinality(wanted) = 0 then
      return jsonb_build_object('status', 'not-found');
    end if;
  else
    -- The end of the range stays outside: a range with two ends would attract the primary key.
    wanted := array(
      select d.id
      from (
        select x.id from public.ai_webhook_deliveries x
        where x.endpoint_id = (p ->> 'endpointId')::uuid and x.status = p ->> 'status'
          and x.id >= public.uuid_at(to_timestamp((p ->> 'fromMs')::double precision / 1000), nothing)
        order by x.id limit row_limit + 1) d
      where d.id < public.uuid_at(to_timestamp((p ->> 'toMs')::double precision / 1000), nothing)
      order by d.id);
  end if;
  if endpoint ->> 'status' <> 'enabled' then
    return jsonb_build_object('status', 'disabled');
  end if;
  with replayed as (
    update public.ai_webhook_deliveries d set status = 'pending', attempts = 0, next_attempt_at = now(), delivered_at = null
    where d.id = any (wanted[1:row_limit])
    returning d.id
  )
  select array_agg(id order by id) into replayed_ids from replayed;
  return jsonb_strip_nulls(jsonb_build_object('status', 'replayed', 'replayed', coalesce(cardinality(replayed_ids), 0),
    'hasMore', cardinality(wanted) > row_limit,
    'lastCreatedAtMs', (select (extract(epoch from d.created_at) * 1000)::bigint from public.ai_webhook_deliveries d
      where d.id = replayed_ids[cardinality(replayed_ids)])));
end
$$;

-- {limit, perEndpoint, leaseMs, busy: [{endpointId, inFlight}]} → ClaimedDelivery[], null when there is nothing. Walks the index from
-- one endpoint that something waits for to the next: one step per endpoint, however long its backlog, so that none hides the others.
-- An endpoint gets no more than `perEndpoint` less what the caller has in flight there; where that is too much for `limit`, each
-- gets its first before any gets its second.
create function public.claim_webhook_deliveries(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  cancel_limit constant integer := 500;
  lease_end timestamptz := now() + (p ->> 'leaseMs')::double precision * interval '1 millisecond';
  now_ms bigint := (extract(epoch from now()) * 1000)::bigint;
  claimed jsonb;
begin
  with recursive waiting(endpoint_id) as (
    select (select d.endpoint_id from public.ai_webhook_deliveries d where d.status = 'pending' order by d.endpoint_id limit 1)
    union all
    select (select d.endpoint_id from public.ai_webhook_deliveries d
      where d.status = 'pending' and d.endpoint_id > w.endpoint_id order by d.endpoint_id limit 1)
    from waiting w where w.endpoint_id is not null
  ),
  owners as materialized (
    select e.id, e.url, e.secrets, e.is_enabled, greatest(0, (p ->> 'perEndpoint')::integer - coalesce((
      select (b.item ->> 'inFlight')::integer from jsonb_array_elements(p -> 'busy') as b(item)
      where (b.item ->> 'endpointId')::uuid = e.id), 0)) as room
    from waiting w cross join lateral (
      select x.id, x.url, x.secrets, x.status = 'enabled' as is_enabled
      from public.ai_webhook_endpoints x where x.id = w.endpoint_id limit 1) e
  ),
  picked as materialized (
    select d.id
    from owners o cross join lateral (
      select x.id, x.next_attempt_at from public.ai_webhook_deliveries x
      where x.endpoint_id = o.id and x.status = 'pending' and x.next_attempt_at <= now()
      order by x.next_attempt_at limit o.room
      for update skip locked) d
    where o.is_enabled
    order by row_number() over (partition by o.id order by d.next_attempt_at), d.next_attempt_at
    limit (p ->> 'limit')::integer
  ),
  leased as (
    update public.ai_webhook_deliveries d
    set attempts = d.attempts + 1, next_attempt_at = lease_end, last_attempt_at = now()
    where d.id = any (array(select id from picked))
    returning d.id, d.endpoint_id, d.event_id, d.event_type, d.run_id, d.attempts, d.payload
  ),
  orphaned as materialized (
    select d.id
    from owners o cross join lateral (
      select x.id from public.ai_webhook_deliveries x
      where x.endpoint_id = o.id and x.status = 'pending'
      order by x.next_attempt_at limit cancel_limit
      for update skip locked) d
    where not o.is_enabled
    limit cancel_limit
  ),
  cancelled as (
    update public.ai_webhook_deliveries d set status = 'cancelled', next_attempt_at = null
    where d.id = any (array(select id from orphaned))
  )
  select to_jsonb(array_agg(jsonb_strip_nulls(jsonb_build_object('deliveryId', l.id, 'endpointId', l.endpoint_id,
    'eventId', l.event_id, 'eventType', l.event_type, 'runId', l.run_id, 'attempt', l.attempts, 'url', o.url,
    'secrets', (select jsonb_agg(s.item -> 'value' order by s.position)
      from jsonb_array_elements(o.secrets) with ordinality as s(item, position)
      where coalesce((s.item ->> 'expiresAtMs')::bigint > now_ms, true))))
    || jsonb_build_object('payload', l.payload)))
  into claimed
  from leased l join owners o on o.id = l.endpoint_id;
  return claimed;
end
$$;

-- {disableAfterMs, results: [{deliveryId, attempt, outcome: delivered | retry | failed | released, retryInMs?, isGone?, status?, error?,
-- latencyMs?, response?}]} → the endpoints that this disabled, null when none. An attempt that was given up for lost changes nothing.
-- `released`: it came to nothing for reasons of ours, and counts as not begun.
create function public.complete_webhook_deliveries(p jsonb) returns jsonb
language plpgsql volatile
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  patience interval := (p ->> 'disableAfterMs')::double precision * interval '1 millisecond';
  verdicts jsonb;
  disabled jsonb;
begin
  with incoming as materialized (
    select *
    from jsonb_to_recordset(p -> 'results') as i("deliveryId" uuid, attempt integer, outcome text, "retryInMs" double precision,
      "isGone" boolean, status integer, error text, "latencyMs" integer, response text)
    order by i."deliveryId"
  ),
  settled as (
    update public.ai_webhook_deliveries d set
      status = case when i.outcome in ('delivered', 'failed') then i.outcome else 'pending' end,
      attempts = d.attempts - case when i.outcome = 'released' then 1 else 0 end,
      next_attempt_at = case i.outcome when 'retry' then now() + i."retryInMs" * interval '1 millisecond'
        when 'released' then now() end,
      last_status = case when i.outcome = 'released' then d.last_status else i.status end,
      last_error = case when i.outcome = 'released' then d.last_error else i.error end,
      last_latency_ms = case when i.outcome = 'released' then d.last_latency_ms else i."latencyMs" end,
      last_response = case when i.outcome = 'released' then d.last_response else i.response end,
      delivered_at = case when i.outcome = 'delivered' then now() end
    from incoming i
    where d.id = i."deliveryId" and d.id = any (array(select "deliveryId" from incoming)) and d.attempts = i.attempt
      -- The endpoint was disabled while it took the event: it has it all the same.
      and (d.status = 'pending' or (d.status = 'cancelled' and i.outcome = 'delivered'))
    returning d.endpoint_id, i.outcome, i."isGone"
  )
  select jsonb_agg(jsonb_build_object('endpointId', v.endpoint_id, 'isAlive', v.is_alive, 'isGone', v.is_gone) order by v.endpoint_id)
  into verdicts
  from (
    select s.endpoint_id, bool_or(s.outcome = 'delivered') as is_alive, coalesce(bool_or(s."isGone"), false) as is_gone
    from settled s where s.outcome <> 'released' group by s.endpoint_id) v;

  -- Written only where it changes something: a healthy endpoint is read and no more.
  with incoming as materialized (
    select * from jsonb_to_recordset(verdicts) as v("endpointId" uuid, "isAlive" boolean, "isGone" boolean)
  ),
  judged as (
    update public.ai_webhook_endpoints e set
      failing_since = case when not v."isAlive" then coalesce(e.failing_since, now()) end,
      status = case when v."isGone" or (not v."isAlive" and e.failing_since <= now() - patience) then 'disabled' else e.status end,
      disabled_reason = case when v."isGone" then 'gone' when not v."isAlive" and e.failing_since <= now() - patience then 'failing' end,
      updated_at = case when v."isGone" or (not v."isAlive" and e.failing_since <= now() - patience) then now() else e.updated_at end
    from incoming v
    where e.id = v."endpointId" and e.id = any (array(select "endpointId" from incoming)) and e.status is not distinct from 'enabled'
      and (v."isGone" or (v."isAlive" and e.failing_since is not null)
        or (not v."isAlive" and coalesce(e.failing_since <= now() - patience, true)))
    returning e.id, e.status, e.disabled_reason
  )
  select jsonb_agg(jsonb_build_object('endpointId', j.id, 'reason', j.disabled_reason)) into disabled
  from judged j where j.status = 'disabled';
  return disabled;
end
$$;

-- {limit} → {deleted}. Deliveries are a log for 30 days. With its owner's rights, since service_role may not delete; how long they are
-- kept is therefore not the caller's choice.
create function public.purge_webhook_deliveries(p jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = '' set lock_timeout = '2s'
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
declare
  deleted integer;
begin
  delete from public.ai_webhook_deliveries d
  where d.id = any (array(
    select x.id from public.ai_webhook_deliveries x
    where x.id < public.uuid_at(now() - interval '30 days', '00000000-0000-0000-0000-000000000000')
    order by x.id limit (p ->> 'limit')::integer
    for update skip locked));
  get diagnostics deleted = row_count;
  return jsonb_build_object('deleted', deleted);
end
$$;

do $$
declare
  signature text;
begin
  foreach signature in array array['webhook_endpoint_record(public.ai_webhook_endpoints)',
      'webhook_delivery_summary(public.ai_webhook_deliveries)', 'webhook_delivery_record(public.ai_webhook_deliveries)',
      'create_webhook_endpoint(jsonb)', 'list_webhook_endpoints(jsonb)', 'get_webhook_endpoint(jsonb)',
      'update_webhook_endpoint(jsonb)', 'rotate_webhook_secret(jsonb)', 'send_webhook_test(jsonb)',
      'list_webhook_deliveries(jsonb)', 'get_webhook_delivery(jsonb)', 'replay_webhook_deliveries(jsonb)',
      'claim_webhook_deliveries(jsonb)', 'complete_webhook_deliveries(jsonb)', 'purge_webhook_deliveries(jsonb)'] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end
$$;
