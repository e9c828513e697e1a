-- Declares that heartbeats of a day refer to participations, which the server then proves for every row at once and keeps
-- for rows that come later. Call it in a transaction of its own.
create or replace procedure api.seal_day(day date)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    perform pg_advisory_xact_lock(hashtext('skirmish days'));
    if not exists (select from game.day as d where d.day = seal_day.day) then
        perform game.refuse(
            'SK006', format('day %s is not open', seal_day.day), format('call api.open_day(%L) first', seal_day.day)
        );
    end if;
    if exists (select from game.day as d where d.day = seal_day.day and d.sealed_at is not null) then
        return;
    end if;
    execute format(
        'alter table game.%I add constraint heartbeat_participation_fkey '
        'foreign key (match_id, session_id) references game.participation (match_id, session_id)',
        game.partition_name('heartbeat', seal_day.day)
    );
    update game.day as d set sealed_at = now() where d.day = seal_day.day;
end;
$$;
