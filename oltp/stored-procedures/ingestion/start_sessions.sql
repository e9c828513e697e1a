-- Players who log in. A player has one session at a time: end the last one first.
create or replace procedure api.start_sessions(
    session_ids bigint[],
    player_ids integer[],
    party_ids bigint[],
    devices text[],
    client_versions text[],
    started_ats timestamptz[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'start_sessions', cardinality(start_sessions.session_ids), cardinality(start_sessions.player_ids),
        cardinality(start_sessions.party_ids), cardinality(start_sessions.devices),
        cardinality(start_sessions.client_versions), cardinality(start_sessions.started_ats)
    );
    stored integer;
    fault record;
    detail text;
begin
    -- Whoever bans one of the players meanwhile waits, and then sees these sessions.
    perform from game.player as p
    where p.player_id = any(array(select distinct b.id from unnest(start_sessions.player_ids) as b (id)))
    order by p.player_id
    for share;
    begin
        insert into game.session (session_id, player_id, party_id, device, client_version, started_at)
        select b.session_id, b.player_id, b.party_id, b.device, b.client_version, b.started_at
        from unnest(
            start_sessions.session_ids, start_sessions.player_ids, start_sessions.party_ids, start_sessions.devices,
            start_sessions.client_versions, start_sessions.started_ats
        ) as b (session_id, player_id, party_id, device, client_version, started_at)
        inner join game.player as p on b.player_id = p.player_id
        inner join game.device as d on b.device = d.device
        where
            num_nulls(b.session_id, b.party_id, b.client_version, b.started_at) = 0
            and b.session_id >> 16 = b.player_id
            and isfinite(b.started_at)
            and not exists (
                select from game.ban as n where n.player_id = b.player_id and n.banned_at <= b.started_at
            )
        order by b.session_id
        on conflict on constraint session_pkey do nothing;
        get diagnostics stored = row_count;
    exception
        when exclusion_violation then
            get stacked diagnostics detail = pg_exception_detail;
            perform game.refuse(
                'SK005',
                format(
                    'player %s would have two sessions at a time',
                    -- The key that overlaps begins with the player: ([7,8), ["2026-01-05 ...
                    coalesce(substring(detail from '\(\[(\d+),'), '?')
                ),
                'end the session before it first'
            );
    end;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.session_id,
        case
            when num_nulls(b.session_id, b.player_id, b.party_id, b.device, b.client_version, b.started_at) > 0
                or b.session_id >> 16 <> b.player_id
                or not isfinite(b.started_at) then 'SK001'
            when p.player_id is null or d.device is null then 'SK002'
            when t.session_id is null then 'SK010'
            else 'SK004'
        end as code
    into fault
    from unnest(
        start_sessions.session_ids, start_sessions.player_ids, start_sessions.party_ids, start_sessions.devices,
        start_sessions.client_versions, start_sessions.started_ats
    ) with ordinality as b (session_id, player_id, party_id, device, client_version, started_at, line)
    left join game.player as p on b.player_id = p.player_id
    left join game.device as d on b.device = d.device
    left join game.session as t on b.session_id = t.session_id
    where
        num_nulls(b.session_id) > 0
        or (b.session_id, b.player_id, b.party_id, b.device, b.client_version, b.started_at) is distinct from (
            t.session_id, t.player_id, t.party_id, t.device, t.client_version, t.started_at
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'session %s %s', fault.session_id,
                case fault.code
                    when 'SK001' then 'lacks a value, or is not numbered player_id << 16 | ordinal'
                    when 'SK002' then 'has a player or device that is not registered'
                    when 'SK010' then 'is of a player who is banned'
                    else 'is there with other content'
                end
            ),
            case fault.code
                when 'SK010' then 'leave out sessions from the ban on: api.flagged_players says when that was'
                else 'register players first, and start every session once'
            end
        );
    end if;
end;
$$;
