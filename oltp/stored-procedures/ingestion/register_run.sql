-- Says which run the rows are of. A database holds one: numbers of sessions and matches of another would mean other
-- things.
create or replace procedure api.register_run(
    world_hash text, scenario text, data_version integer, start_day date, days integer
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    held game.run;
begin
    if num_nulls(
        register_run.world_hash, register_run.scenario, register_run.data_version, register_run.start_day,
        register_run.days
    ) > 0 or register_run.days < 1 then
        perform game.refuse('SK001', 'register_run: a value is missing, or there are no days', 'say which run it is');
    end if;
    -- One at a time: two at once would both find the table empty.
    lock table game.run in share row exclusive mode;
    insert into game.run (world_hash, scenario, data_version, start_day, days)
    select
        register_run.world_hash, register_run.scenario, register_run.data_version, register_run.start_day,
        register_run.days
    where not exists (select from game.run)
    on conflict on constraint run_pkey do nothing;
    select r.* into held from game.run as r;
    if held is distinct from row(
        register_run.world_hash, register_run.scenario, register_run.data_version, register_run.start_day,
        register_run.days
    )::game.run then
        perform game.refuse(
            'SK008',
            format(
                'the database holds %s, %s days from %s, world %s; this is %s, %s days from %s, world %s',
                held.scenario, held.days, held.start_day, left(held.world_hash, 12), register_run.scenario,
                register_run.days, register_run.start_day, left(register_run.world_hash, 12)
            ),
            'use another database for another run'
        );
    end if;
end;
$$;
