-- Who may do what. Roles belong to the server, so another database may have made them already.
--
-- skirmish_owner owns everything and cannot log in; ingest calls procedures; analysts read views; auditors read the
-- audit trail. People and programs get a login of their own and one of these: grant skirmish_ingest to my_login.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['skirmish_owner', 'skirmish_ingest', 'skirmish_analyst', 'skirmish_auditor'] loop
        if not exists (select from pg_roles as r where r.rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
    end loop;
    -- What follows is done as the owner, so that everything belongs to it.
    -- From version 16 on who made a role may grant it, to themselves as well, and is a member only then.
    if not pg_has_role(
        current_user, 'skirmish_owner',
        case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end
    ) then
        execute format('grant skirmish_owner to %I', current_user);
    end if;
    if not has_database_privilege('skirmish_owner', current_database(), 'create') then
        execute format('grant create on database %I to skirmish_owner', current_database());
    end if;
end;
$$;
