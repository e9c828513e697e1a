-- What happened in matches: kills, with every column, and other kinds of events with what they have; null is for what
-- they have not. Both sessions are in the match at the time.
create or replace procedure api.record_events(
    event_types text[],
    event_ids bigint[],
    occurred_ats timestamptz[],
    match_ids bigint[],
    session_ids bigint[],
    target_session_ids bigint[],
    weapons text[],
    are_headshots boolean[],
    distance_cms integer[],
    x_cms integer[],
    y_cms integer[],
    z_cms integer[],
    target_x_cms integer[],
    target_y_cms integer[],
    target_z_cms integer[],
    encounter_ids bigint[],
    details jsonb[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set plan_cache_mode = force_generic_plan
as $$
declare
    given integer := game.begin_batch(
        'record_events', cardinality(record_events.event_types), cardinality(record_events.event_ids),
        cardinality(record_events.occurred_ats), cardinality(record_events.match_ids),
        cardinality(record_events.session_ids), cardinality(record_events.target_session_ids),
        cardinality(record_events.weapons), cardinality(record_events.are_headshots),
        cardinality(record_events.distance_cms), cardinality(record_events.x_cms), cardinality(record_events.y_cms),
        cardinality(record_events.z_cms), cardinality(record_events.target_x_cms),
        cardinality(record_events.target_y_cms), cardinality(record_events.target_z_cms),
        cardinality(record_events.encounter_ids), cardinality(record_events.details)
    );
    all_last boolean;
    fresh integer;
    stored integer;
    fault record;
    said text;
    broken text;
begin
    perform game.require_days(record_events.occurred_ats);
    -- Whoever ends one of the sessions meanwhile waits, and then sees these events.
    select
        (select max(b.at) from unnest(record_events.occurred_ats) as b (at)) < least(
            min(l.ended_at),
            (
                select min(m.ended_at) from game.match as m
                where m.match_id = any(array(select distinct b.id from unnest(record_events.match_ids) as b (id)))
            ),
            'infinity'
        )
    into all_last
    from (
        select s.ended_at
        from game.session as s
        where
            s.session_id = any(array(
                select b.id from unnest(record_events.session_ids) as b (id)
                union
                select b.id from unnest(record_events.target_session_ids) as b (id)
            ))
        order by s.session_id
        for share
    ) as l;
    -- A number is taken once, on whatever day.
    insert into game.game_event_key (event_type, event_id, occurred_at)
    select b.event_type, b.event_id, b.occurred_at
    from unnest(record_events.event_types, record_events.event_ids, record_events.occurred_ats) as b (
        event_type, event_id, occurred_at
    )
    where num_nulls(b.event_type, b.event_id, b.occurred_at) = 0
    order by b.event_type, b.event_id
    on conflict on constraint game_event_key_pkey do nothing;

    get diagnostics fresh = row_count;
    insert into game.game_event (
        event_type, event_id, occurred_at, match_id, session_id, target_session_id, weapon, is_headshot,
        distance_cm, x_cm, y_cm, z_cm, target_x_cm, target_y_cm, target_z_cm, encounter_id, details
    )
    select
        b.event_type, b.event_id, b.occurred_at, b.match_id, b.session_id, b.target_session_id, b.weapon,
        b.is_headshot, b.distance_cm, b.x_cm, b.y_cm, b.z_cm, b.target_x_cm, b.target_y_cm, b.target_z_cm,
        b.encounter_id, b.detail
    from unnest(
        record_events.event_types, record_events.event_ids, record_events.occurred_ats, record_events.match_ids,
        record_events.session_ids, record_events.target_session_ids, record_events.weapons,
        record_events.are_headshots, record_events.distance_cms, record_events.x_cms, record_events.y_cms,
        record_events.z_cms, record_events.target_x_cms, record_events.target_y_cms, record_events.target_z_cms,
        record_events.encounter_ids, record_events.details
    ) as b (
        event_type, event_id, occurred_at, match_id, session_id, target_session_id, weapon, is_headshot, distance_cm,
        x_cm, y_cm, z_cm, target_x_cm, target_y_cm, target_z_cm, encounter_id, detail
    )
    inner join game.event_type as e on b.event_type = e.event_type
    inner join game.participation as p on b.match_id = p.match_id and b.session_id = p.session_id
    left join game.participation as q on b.match_id = q.match_id and b.target_session_id = q.session_id
    left join game.weapon as w on b.weapon = w.weapon
    -- What follows is looked at only where it can matter: if something has ended by then, if a number was taken.
    left join game.session as s on not all_last and b.session_id = s.session_id
    left join game.session as v on not all_last and b.target_session_id = v.session_id
    left join game.match as m on not all_last and b.match_id = m.match_id
    left join game.game_event_key as k
        on
            fresh < given
            and b.event_type = k.event_type
            and b.event_id = k.event_id
            and b.occurred_at = k.occurred_at
    where
        b.occurred_at < least(s.ended_at, v.ended_at, m.ended_at, 'infinity')
        and (fresh = given or k.event_id is not null)
        and b.occurred_at between p.joined_at and coalesce(p.left_at, 'infinity')
        and (
            b.target_session_id is null
            or b.occurred_at between q.joined_at and coalesce(q.left_at, 'infinity')
        )
        and (b.weapon is null or w.weapon is not null)
        and jsonb_typeof(b.detail) = 'object'
    on conflict (event_type, event_id, occurred_at) do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.event_type,
        b.event_id,
        case
            when num_nulls(b.event_type, b.event_id, b.occurred_at, b.match_id, b.session_id, b.detail) > 0
                or jsonb_typeof(b.detail) <> 'object' then 'SK001'
            when t.event_id is not null then 'SK004'
            when e.event_type is null
                or p.match_id is null
                or (b.target_session_id is not null and q.match_id is null)
                or (b.weapon is not null and w.weapon is null) then 'SK002'
            when b.occurred_at >= least(s.ended_at, v.ended_at, m.ended_at, 'infinity')
                or b.occurred_at not between p.joined_at and coalesce(p.left_at, 'infinity')
                or b.occurred_at not between q.joined_at and coalesce(q.left_at, 'infinity') then 'SK003'
            else 'SK004'
        end as code
    into fault
    from unnest(
        record_events.event_types, record_events.event_ids, record_events.occurred_ats, record_events.match_ids,
        record_events.session_ids, record_events.target_session_ids, record_events.weapons,
        record_events.are_headshots, record_events.distance_cms, record_events.x_cms, record_events.y_cms,
        record_events.z_cms, record_events.target_x_cms, record_events.target_y_cms, record_events.target_z_cms,
        record_events.encounter_ids, record_events.details
    ) with ordinality as b (
        event_type, event_id, occurred_at, match_id, session_id, target_session_id, weapon, is_headshot, distance_cm,
        x_cm, y_cm, z_cm, target_x_cm, target_y_cm, target_z_cm, encounter_id, detail, line
    )
    left join game.event_type as e on b.event_type = e.event_type
    left join game.participation as p on b.match_id = p.match_id and b.session_id = p.session_id
    left join game.participation as q on b.match_id = q.match_id and b.target_session_id = q.session_id
    left join game.weapon as w on b.weapon = w.weapon
    left join game.session as s on b.session_id = s.session_id
    left join game.session as v on b.target_session_id = v.session_id
    left join game.match as m on b.match_id = m.match_id
    left join game.game_event as t
        on b.event_type = t.event_type and b.event_id = t.event_id and b.occurred_at = t.occurred_at
    where
        num_nulls(b.event_type, b.event_id, b.occurred_at) > 0
        or (
            b.event_type, b.event_id, b.occurred_at, b.match_id, b.session_id, b.target_session_id, b.weapon,
            b.is_headshot, b.distance_cm, b.x_cm, b.y_cm, b.z_cm, b.target_x_cm, b.target_y_cm, b.target_z_cm,
            b.encounter_id, b.detail
        ) is distinct from (
            t.event_type, t.event_id, t.occurred_at, t.match_id, t.session_id, t.target_session_id, t.weapon,
            t.is_headshot, t.distance_cm, t.x_cm, t.y_cm, t.z_cm, t.target_x_cm, t.target_y_cm, t.target_z_cm,
            t.encounter_id, t.details
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                '%s %s %s', fault.event_type, fault.event_id,
                case fault.code
                    when 'SK001' then 'lacks a value, or its details are no object'
                    when 'SK002' then 'is of a kind, weapon or place in a match that is not there'
                    when 'SK003' then 'happens while one of its sessions is not in the match'
                    else 'is there with other content'
                end
            ),
            'join the match first, and number events once'
        );
    end if;
exception
    when check_violation or not_null_violation or foreign_key_violation then
        get stacked diagnostics said = message_text, broken = constraint_name;
        perform game.refuse_broken('record_events', said, broken);
end;
$$;
