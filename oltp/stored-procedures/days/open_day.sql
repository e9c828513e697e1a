-- Makes the partitions of a UTC day; a day that is open already stays as it is. Call it in a transaction of its own.
--
-- A partition is made beside its table and attached, so that readers need not wait. With is_sealed, the default,
-- foreign keys are there from the first row on; without it api.seal_day declares them when the day is over, which
-- costs less.
create or replace procedure api.open_day(day date, is_sealed boolean default true)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    parent text;
    part text;
begin
    if open_day.day is null or not isfinite(open_day.day) then
        perform game.refuse('SK001', 'open_day: there is no day', 'give a calendar day');
    end if;
    perform pg_advisory_xact_lock(hashtext('skirmish days'));
    if exists (select from game.day as d where d.day = open_day.day) then
        return;
    end if;
    foreach parent in array array['heartbeat', 'game_event', 'purchase'] loop
        part := game.partition_name(parent, open_day.day);
        execute format('create table game.%I (like game.%I including defaults including constraints)', part, parent);
        execute format(
            'alter table game.%I attach partition game.%I for values from (%L) to (%L)',
            parent, part, open_day.day::timestamptz, (open_day.day + 1)::timestamptz
        );
    end loop;
    insert into game.day (day) values (open_day.day);
    if open_day.is_sealed then
        call api.seal_day(open_day.day);
    end if;
end;
$$;
