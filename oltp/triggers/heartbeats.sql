-- Heartbeats as they arrive: counted by session, and looked at for speed, both in one pass over the batch, because
-- there are more heartbeats than of everything else together.
--
-- A step leads from one heartbeat of a session to the next in the same match. It is impossible if it is longer than
-- top speed allows and the player has not died in between, which takes them elsewhere. Deaths are recorded before the
-- heartbeats that follow them. The heartbeat before the batch is kept with the session's counter.
create or replace function game.watch_heartbeats()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    slowest float8 := (
        select min(m.top_speed_cm_per_s) * min(r.threshold::float8)
        from game.mode as m
        cross join game.anticheat_rule as r
        where r.rule = 'impossible_speed'
    );
    sessions bigint[] := array(select distinct n.session_id from new_rows as n);
    late bigint[];
begin
    perform from game.session_counter as c where c.session_id = any(sessions) order by c.session_id for no key update;

    with beats as materialized (
        select
            n.session_id,
            n.match_id,
            n.beat_at,
            n.x_cm,
            n.y_cm,
            n.z_cm,
            lag(n.match_id) over steps as match_before,
            lag(n.beat_at) over steps as beat_before,
            lag(n.x_cm) over steps as x_before,
            lag(n.y_cm) over steps as y_before,
            lag(n.z_cm) over steps as z_before,
            row_number() over steps as nth,
            lead(n.session_id) over steps is null as is_last
        from new_rows as n
        window steps as (partition by n.session_id order by n.beat_at)
    ),

    -- The first of each session in the batch, and the last one before it.
    firsts as materialized (
        select
            b.session_id, b.match_id, b.beat_at, b.x_cm, b.y_cm, b.z_cm, c.last_match_id, c.last_beat_at, c.last_x_cm,
            c.last_y_cm, c.last_z_cm
        from beats as b
        inner join game.session_counter as c on b.session_id = c.session_id
        where b.nth = 1 and c.session_id = any(sessions)
    ),

    flagged as (
        insert into game.anticheat_flag (rule, session_id, observed_at, raised_by, evidence)
        select f.rule, f.session_id, f.observed_at, f.raised_by, f.evidence
        from game.impossible_steps(array(
            select
                (
                    s.session_id, s.match_id, s.beat_before, s.beat_at, s.x_before, s.y_before, s.z_before, s.x_cm,
                    s.y_cm, s.z_cm
                )::game.step
            from (
                select
                    b.session_id, b.match_id, b.beat_before, b.beat_at, b.x_before, b.y_before, b.z_before, b.x_cm,
                    b.y_cm, b.z_cm
                from beats as b
                where b.match_id = b.match_before
                union all
                select
                    f.session_id, f.match_id, f.last_beat_at, f.beat_at, f.last_x_cm, f.last_y_cm, f.last_z_cm,
                    f.x_cm, f.y_cm, f.z_cm
                from firsts as f
                where f.match_id = f.last_match_id and f.beat_at > f.last_beat_at
            ) as s
            -- Most steps are none that even the slowest mode forbids; the others are worth a closer look.
            where
                (s.x_cm::float8 - s.x_before) * (s.x_cm::float8 - s.x_before)
                + (s.y_cm::float8 - s.y_before) * (s.y_cm::float8 - s.y_before)
                + (s.z_cm::float8 - s.z_before) * (s.z_cm::float8 - s.z_before)
                > slowest * slowest * date_part('epoch', s.beat_at - s.beat_before)
                * date_part('epoch', s.beat_at - s.beat_before)
        )) as f
        on conflict on constraint anticheat_flag_pkey do nothing
    ),

    counted as (
        update game.session_counter as c
        set
            heartbeats = c.heartbeats + b.nth,
            last_beat_at = case when b.is_later then b.beat_at else c.last_beat_at end,
            last_match_id = case when b.is_later then b.match_id else c.last_match_id end,
            last_x_cm = case when b.is_later then b.x_cm else c.last_x_cm end,
            last_y_cm = case when b.is_later then b.y_cm else c.last_y_cm end,
            last_z_cm = case when b.is_later then b.z_cm else c.last_z_cm end
        from (
            select
                l.session_id, l.match_id, l.beat_at, l.x_cm, l.y_cm, l.z_cm, l.nth,
                l.beat_at > coalesce(f.last_beat_at, '-infinity') as is_later,
                f.beat_at <= f.last_beat_at as is_late
            from beats as l
            inner join firsts as f on l.session_id = f.session_id
            where l.is_last
        ) as b
        where c.session_id = b.session_id and c.session_id = any(sessions)
        returning c.session_id, b.is_late
    )

    -- Sessions that were beyond what the batch begins with: heartbeats come late, in between others.
    select array_agg(c.session_id) filter (where c.is_late) into late from counted as c;

    if late is not null then
        insert into game.anticheat_flag (rule, session_id, observed_at, raised_by, evidence)
        select f.rule, f.session_id, f.observed_at, f.raised_by, f.evidence
        from game.impossible_steps(array(
            select
                (
                    s.session_id, s.match_id, s.beat_before, s.beat_at, s.x_before, s.y_before, s.z_before, s.x_cm,
                    s.y_cm, s.z_cm
                )::game.step
            from (
                select
                    h.session_id,
                    h.match_id,
                    h.beat_at,
                    h.x_cm,
                    h.y_cm,
                    h.z_cm,
                    lag(h.match_id) over steps as match_before,
                    lag(h.beat_at) over steps as beat_before,
                    lag(h.x_cm) over steps as x_before,
                    lag(h.y_cm) over steps as y_before,
                    lag(h.z_cm) over steps as z_before
                from game.heartbeat as h
                where h.session_id = any(late)
                window steps as (partition by h.session_id order by h.beat_at)
            ) as s
            where s.match_id = s.match_before
        )) as f
        on conflict on constraint anticheat_flag_pkey do nothing;
    end if;
    return null;
end;
$$;

do $$
begin
    if to_regtype('game.step') is null then
        create type game.step as (
            session_id bigint, match_id bigint, from_at timestamptz, to_at timestamptz, from_x_cm integer,
            from_y_cm integer, from_z_cm integer, to_x_cm integer, to_y_cm integer, to_z_cm integer
        );
    end if;
end;
$$;

-- The steps that nobody can have made.
create or replace function game.impossible_steps(steps game.step[])
returns table (rule text, session_id bigint, observed_at timestamptz, raised_by text, evidence jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query select
        'impossible_speed',
        s.session_id,
        s.to_at,
        'rule',
        jsonb_build_object(
            'distance_cm', floor(d.distance_cm)::bigint,
            'seconds', d.seconds,
            'top_speed_cm_per_s', m.top_speed_cm_per_s
        )
    from unnest(impossible_steps.steps) as s
    inner join game.match as g on s.match_id = g.match_id
    inner join game.mode as m on g.mode = m.mode
    inner join game.anticheat_rule as r on r.rule = 'impossible_speed'
    cross join lateral (
        select
            sqrt(
                (s.to_x_cm::float8 - s.from_x_cm) ^ 2 + (s.to_y_cm::float8 - s.from_y_cm) ^ 2
                + (s.to_z_cm::float8 - s.from_z_cm) ^ 2
            ) as distance_cm,
            date_part('epoch', s.to_at - s.from_at) as seconds
    ) as d
    where
        d.distance_cm > r.threshold::float8 * m.top_speed_cm_per_s * d.seconds
        and not exists (
            select from game.game_event as e
            where
                e.target_session_id = s.session_id
                and e.event_type = 'kill'
                and e.occurred_at >= s.from_at
                and e.occurred_at < s.to_at
        );
end;
$$;

create or replace trigger t10_watch after insert on game.heartbeat referencing new table as new_rows
for each statement execute function game.watch_heartbeats();
