-- Who may do what with what is there: nobody anything but what stands here. Runs last, over everything that was made.
revoke all on schema game, api, audit from public;
revoke all on all tables in schema game, api, audit from public;
revoke all on all routines in schema game, api, audit from public;

-- Ingesters call procedures; they cannot read, and they write nothing by themselves.
grant usage on schema api to skirmish_ingest, skirmish_analyst, skirmish_auditor;
do $$
declare
    routine regprocedure;
begin
    for routine in
        select p.oid from pg_proc as p
        where p.pronamespace = 'api'::regnamespace and p.prokind = 'p'
    loop
        execute format('grant execute on procedure %s to skirmish_ingest', routine);
    end loop;
end;
$$;
grant execute on function api.schema_version() to skirmish_ingest, skirmish_analyst, skirmish_auditor;

-- Analysts read views.
grant select on all tables in schema api to skirmish_analyst;

-- Auditors read the audit trail and prove it; ingesters see of it what they did themselves.
grant usage on schema audit to skirmish_auditor, skirmish_ingest;
grant select on audit.audit_log, audit.link, audit.head to skirmish_auditor;
grant select on audit.audit_log to skirmish_ingest;
grant select on api.flagged_players to skirmish_auditor;
grant execute on function audit.verify(bigint, bytea) to skirmish_auditor;

alter table audit.audit_log enable row level security;
drop policy if exists audit_log_auditor on audit.audit_log;
create policy audit_log_auditor on audit.audit_log for select to skirmish_auditor using (true);
drop policy if exists audit_log_own on audit.audit_log;
create policy audit_log_own on audit.audit_log for select to skirmish_ingest using (changed_by = session_user);
