-- {} → {created: partition names}. Creates this month's audit partition and the next three. The only function with
-- its owner's rights: service_role may not create tables. Run by the migration runner and by Store.maintain().
create function public.maintain_store(p jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set lock_timeout = '2s'
as $$
declare
  month timestamptz;
  partition_name text;
  created jsonb := '[]';
begin
  -- One at a time: all API and worker processes may ask at the same moment.
  perform pg_advisory_xact_lock(hashtext('maintain_store'));
  for ahead in 0..3 loop
    month := date_trunc('month', now()) + make_interval(months => ahead);
    partition_name := 'ai_audit_log_' || to_char(month, 'YYYY_MM');
    if to_regclass('public.' || partition_name) is null then
      begin
        execute format('create table public.%I (like public.ai_audit_log including defaults including constraints)',
          partition_name);
        execute format('alter table public.%I enable row level security', partition_name);
        execute format('alter table public.%I force row level security', partition_name);
        execute format('revoke all on table public.%I from public, anon, authenticated, service_role', partition_name);
        -- Attaching (unlike creating in place) lets inserts into the other months go on.
        execute format('alter table public.ai_audit_log attach partition public.%I for values from (%L) to (%L)',
          partition_name, month, month + interval '1 month');
        created := created || to_jsonb(partition_name);
      exception
        -- Rows of that month are in the default partition already: they stay there.
        when check_violation then null;
      end;
    end if;
  end loop;
  return jsonb_build_object('created', created);
end
$$;
revoke all on function public.maintain_store(jsonb) from public, anon, authenticated;
grant execute on function public.maintain_store(jsonb) to service_role;

