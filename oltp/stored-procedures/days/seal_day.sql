-- Declares what heartbeats, events and purchases of a day refer to: the server proves it for all rows at once, and
-- for each that comes later. Until then the procedures that let the rows in have looked, and nobody else has. Call it
-- in a transaction of its own.
create or replace procedure api.seal_day(day date)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    reference record;
begin
    perform pg_advisory_xact_lock(hashtext('skirmish days'));
    if seal_day.day is null then
        perform game.refuse('SK001', 'seal_day: there is no day', 'give a calendar day');
    end if;
    if not exists (select from game.day as d where d.day = seal_day.day) then
        perform game.refuse(
            'SK006', format('day %s is not open', seal_day.day), format('call api.open_day(%L) first', seal_day.day)
        );
    end if;
    if exists (select from game.day as d where d.day = seal_day.day and d.sealed_at is not null) then
        return;
    end if;
    for reference in
        select r.*
        from (
            values
            ('heartbeat', 'participation', 'match_id, session_id', 'participation', 'match_id, session_id'),
            ('game_event', 'event_type', 'event_type', 'event_type', 'event_type'),
            ('game_event', 'participation', 'match_id, session_id', 'participation', 'match_id, session_id'),
            ('game_event', 'target', 'match_id, target_session_id', 'participation', 'match_id, session_id'),
            ('game_event', 'weapon', 'weapon', 'weapon', 'weapon'),
            ('purchase', 'session', 'session_id', 'session', 'session_id'),
            ('purchase', 'item', 'item_id', 'item', 'item_id'),
            ('purchase', 'currency', 'currency', 'currency', 'currency')
        ) as r (table_name, what, columns, other_table, other_columns)
    loop
        execute format(
            'alter table game.%I add constraint %I foreign key (%s) references game.%I (%s)',
            game.partition_name(reference.table_name, seal_day.day),
            format('%s_%s_fkey', reference.table_name, reference.what),
            reference.columns, reference.other_table, reference.other_columns
        );
    end loop;
    update game.day as d set sealed_at = now() where d.day = seal_day.day;
end;
$$;
