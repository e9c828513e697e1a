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
    -- Names of partitions have four digits for the year, and views count back from a day.
    if open_day.day between '1970-01-01' and '9999-12-30' is not true then
        perform game.refuse(
            'SK001', format('open_day: %s is no day that can be opened', coalesce(open_day.day::text, 'null')),
            'give a calendar day from 1970 to 9999'
        );
    end if;
    perform pg_advisory_xact_lock(hashtext('skirmish days'));
    -- Not a table of days as this transaction saw it at its start, but the partition itself: somebody else may have made
    -- it while we waited.
    if to_regclass(format('game.%I', game.partition_name('purchase', open_day.day))) is not null then
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
