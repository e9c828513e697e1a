-- What is counted as rows arrive, and achievements that follow from it. Rows of counters are locked in the order of
-- their numbers, so that two who write at the same time wait for one another but not in a circle.
do $$
begin
    if to_regtype('game.gain') is null then
        -- What a player has gained: metric as in game.achievement.
        create type game.gain as (player_id integer, metric text, amount bigint, gained_at timestamptz, tie bigint);
    end if;
end;
$$;

-- Adds gains to the careers of players and unlocks what they reach, at the moment at which they do.
create or replace function game.credit(gains game.gain[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    players integer[] := array(select distinct g.player_id from unnest(credit.gains) as g);
begin
    perform from game.player_counter as c where c.player_id = any(players) order by c.player_id for no key update;

    -- First who reaches what, then when: few do in a batch.
    with crossings as materialized (
        select s.player_id, s.metric, s.base, a.achievement, a.threshold
        from (
            select
                g.player_id,
                g.metric,
                g.amount,
                case g.metric
                    when 'sessions' then c.sessions
                    when 'kills' then c.kills
                    when 'headshots' then c.headshots
                    when 'deaths' then c.deaths
                    when 'purchases' then c.purchases
                    when 'spent_usd_cents' then c.spent_usd_cents
                end as base
            from (
                select k.player_id, k.metric, sum(k.amount) as amount
                from unnest(credit.gains) as k
                group by k.player_id, k.metric
            ) as g
            inner join game.player_counter as c on g.player_id = c.player_id
            where c.player_id = any(players)
        ) as s
        inner join game.achievement as a
            on s.metric = a.metric and s.base < a.threshold and s.base + s.amount >= a.threshold
    )

    insert into game.player_achievement (player_id, achievement, unlocked_at)
    select r.player_id, r.achievement, r.gained_at
    from (
        select
            c.player_id,
            c.achievement,
            c.threshold,
            g.gained_at,
            g.amount,
            c.base + sum(g.amount) over (
                partition by c.player_id, c.achievement order by g.gained_at, g.tie rows unbounded preceding
            ) as reached
        from crossings as c
        inner join unnest(credit.gains) as g on c.player_id = g.player_id and c.metric = g.metric
    ) as r
    where r.reached >= r.threshold and r.reached - r.amount < r.threshold
    order by r.player_id, r.achievement
    on conflict on constraint player_achievement_pkey do nothing;

    update game.player_counter as c
    set
        sessions = c.sessions + s.sessions,
        kills = c.kills + s.kills,
        headshots = c.headshots + s.headshots,
        deaths = c.deaths + s.deaths,
        purchases = c.purchases + s.purchases,
        spent_usd_cents = c.spent_usd_cents + s.spent_usd_cents
    from (
        select
            g.player_id,
            coalesce(sum(g.amount) filter (where g.metric = 'sessions'), 0) as sessions,
            coalesce(sum(g.amount) filter (where g.metric = 'kills'), 0) as kills,
            coalesce(sum(g.amount) filter (where g.metric = 'headshots'), 0) as headshots,
            coalesce(sum(g.amount) filter (where g.metric = 'deaths'), 0) as deaths,
            coalesce(sum(g.amount) filter (where g.metric = 'purchases'), 0) as purchases,
            coalesce(sum(g.amount) filter (where g.metric = 'spent_usd_cents'), 0) as spent_usd_cents
        from unnest(credit.gains) as g
        group by g.player_id
    ) as s
    where c.player_id = s.player_id and c.player_id = any(players);
end;
$$;

create or replace function game.begin_career()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    insert into game.player_counter (player_id)
    select n.player_id from new_rows as n order by n.player_id;
    return null;
end;
$$;

create or replace function game.count_session()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    insert into game.session_counter (session_id)
    select n.session_id from new_rows as n order by n.session_id;
    perform game.credit(array(
        select (n.player_id, 'sessions', 1, n.started_at, n.session_id)::game.gain from new_rows as n
    ));
    return null;
end;
$$;

create or replace function game.count_events()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    sessions bigint[] := array(
        select k.session_id from new_rows as k where k.event_type = 'kill'
        union
        select k.target_session_id from new_rows as k where k.event_type = 'kill'
    );
begin
    perform from game.session_counter as c where c.session_id = any(sessions) order by c.session_id for no key update;

    update game.session_counter as c
    set kills = c.kills + s.kills, headshots = c.headshots + s.headshots, deaths = c.deaths + s.deaths
    from (
        select e.session_id, sum(e.kills) as kills, sum(e.headshots) as headshots, sum(e.deaths) as deaths
        from (
            select k.session_id, 1 as kills, k.is_headshot::integer as headshots, 0 as deaths
            from new_rows as k
            where k.event_type = 'kill'
            union all
            select k.target_session_id, 0, 0, 1 from new_rows as k where k.event_type = 'kill'
        ) as e
        group by e.session_id
    ) as s
    where c.session_id = s.session_id and c.session_id = any(sessions);

    -- The number of a session holds its player's: session_session_id_of_player.
    perform game.credit(array(
        select g.gain
        from new_rows as k
        cross join lateral (
            values
            (((k.session_id >> 16)::integer, 'kills', 1, k.occurred_at, k.event_id)::game.gain),
            ((
                (k.session_id >> 16)::integer, 'headshots', k.is_headshot::integer, k.occurred_at, k.event_id
            )::game.gain),
            (((k.target_session_id >> 16)::integer, 'deaths', 1, k.occurred_at, k.event_id)::game.gain)
        ) as g (gain)
        where k.event_type = 'kill' and (g.gain).amount > 0
    ));
    return null;
end;
$$;

create or replace function game.count_purchases()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    perform from game.session_counter as c
    where c.session_id in (select p.session_id from new_rows as p)
    order by c.session_id
    for no key update;

    update game.session_counter as c
    set purchases = c.purchases + s.purchases
    from (select p.session_id, count(*) as purchases from new_rows as p group by p.session_id) as s
    where c.session_id = s.session_id;

    perform game.credit(array(
        select g.gain
        from new_rows as p
        cross join lateral (
            values
            (((p.session_id >> 16)::integer, 'purchases', 1, p.purchased_at, p.purchase_id)::game.gain),
            ((
                (p.session_id >> 16)::integer, 'spent_usd_cents', p.price_usd_cents, p.purchased_at, p.purchase_id
            )::game.gain)
        ) as g (gain)
    ));
    return null;
end;
$$;

create or replace trigger t10_count after insert on game.player referencing new table as new_rows
for each statement execute function game.begin_career();
create or replace trigger t10_count after insert on game.session referencing new table as new_rows
for each statement execute function game.count_session();
create or replace trigger t10_count after insert on game.game_event referencing new table as new_rows
for each statement execute function game.count_events();
create or replace trigger t10_count after insert on game.purchase referencing new table as new_rows
for each statement execute function game.count_purchases();
