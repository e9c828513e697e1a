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

-- Adds to the careers of players, one row a player, and returns those who have reached an achievement by it: few do in
-- a batch. An upsert, although all careers are there: it takes its rows in the order in which they are given.
create or replace function game.credit(sums game.player_counter[])
returns integer[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    promoted integer[];
begin
    with credited as (
        insert into game.player_counter as c (
            player_id, sessions, kills, headshots, deaths, purchases, spent_usd_cents
        )
        select s.player_id, s.sessions, s.kills, s.headshots, s.deaths, s.purchases, s.spent_usd_cents
        from unnest(credit.sums) as s
        order by s.player_id
        on conflict on constraint player_counter_pkey do update
            set
                sessions = c.sessions + excluded.sessions,
                kills = c.kills + excluded.kills,
                headshots = c.headshots + excluded.headshots,
                deaths = c.deaths + excluded.deaths,
                purchases = c.purchases + excluded.purchases,
                spent_usd_cents = c.spent_usd_cents + excluded.spent_usd_cents
        returning c.*
    )

    select array_agg(distinct c.player_id)
    into promoted
    from credited as c
    inner join unnest(credit.sums) as s on c.player_id = s.player_id
    inner join game.achievement as a
        on case a.metric
            when 'sessions' then c.sessions >= a.threshold and c.sessions - s.sessions < a.threshold
            when 'kills' then c.kills >= a.threshold and c.kills - s.kills < a.threshold
            when 'headshots' then c.headshots >= a.threshold and c.headshots - s.headshots < a.threshold
            when 'deaths' then c.deaths >= a.threshold and c.deaths - s.deaths < a.threshold
            when 'purchases' then c.purchases >= a.threshold and c.purchases - s.purchases < a.threshold
            when 'spent_usd_cents'
                then c.spent_usd_cents >= a.threshold and c.spent_usd_cents - s.spent_usd_cents < a.threshold
        end;
    return promoted;
end;
$$;

-- Unlocks what players have reached by gains that are credited, all of a statement, at the moment at which they did.
create or replace function game.unlock(gains game.gain[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into game.player_achievement (player_id, achievement, unlocked_at)
    select r.player_id, r.achievement, r.gained_at
    from (
        select
            g.player_id,
            a.achievement,
            a.threshold,
            g.gained_at,
            g.amount,
            case g.metric
                when 'sessions' then c.sessions
                when 'kills' then c.kills
                when 'headshots' then c.headshots
                when 'deaths' then c.deaths
                when 'purchases' then c.purchases
                when 'spent_usd_cents' then c.spent_usd_cents
            end
            -- What comes after it.
            - sum(g.amount) over (
                partition by g.player_id, a.achievement order by g.gained_at desc, g.tie desc rows unbounded preceding
            ) + g.amount as reached
        from unnest(unlock.gains) as g
        inner join game.player_counter as c on g.player_id = c.player_id
        inner join game.achievement as a on g.metric = a.metric
    ) as r
    where r.reached >= r.threshold and r.reached - r.amount < r.threshold
    order by r.player_id, r.achievement
    on conflict on constraint player_achievement_pkey do nothing;
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
declare
    promoted integer[];
begin
    insert into game.session_counter (session_id)
    select n.session_id from new_rows as n order by n.session_id;
    promoted := game.credit(array(
        select (n.player_id, count(*), 0, 0, 0, 0, 0)::game.player_counter from new_rows as n group by n.player_id
    ));
    if promoted is not null then
        perform game.unlock(array(
            select (n.player_id, 'sessions', 1, n.started_at, n.session_id)::game.gain
            from new_rows as n
            where n.player_id = any(promoted)
        ));
    end if;
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
    careers game.player_counter[];
    promoted integer[];
begin
    -- The number of a session holds its player's: session_session_id_of_player.
    with sums as (
        select e.session_id, sum(e.kills) as kills, sum(e.headshots) as headshots, sum(e.deaths) as deaths
        from (
            select k.session_id, 1 as kills, k.is_headshot::integer as headshots, 0 as deaths
            from new_rows as k
            where k.event_type = 'kill'
            union all
            select k.target_session_id, 0, 0, 1 from new_rows as k where k.event_type = 'kill'
        ) as e
        group by e.session_id
    ),

    counted as (
        insert into game.session_counter as c (session_id, kills, headshots, deaths)
        select s.session_id, s.kills, s.headshots, s.deaths
        from sums as s
        order by s.session_id
        on conflict on constraint session_counter_pkey do update
            set
                kills = c.kills + excluded.kills,
                headshots = c.headshots + excluded.headshots,
                deaths = c.deaths + excluded.deaths
    )

    select array_agg((p.player_id, 0, p.kills, p.headshots, p.deaths, 0, 0)::game.player_counter)
    into careers
    from (
        select
            (s.session_id >> 16)::integer as player_id,
            sum(s.kills) as kills,
            sum(s.headshots) as headshots,
            sum(s.deaths) as deaths
        from sums as s
        group by s.session_id >> 16
    ) as p;
    promoted := game.credit(careers);
    if promoted is not null then
        perform game.unlock(array(
            select (e.player_id, e.metric, 1, e.occurred_at, e.event_id)::game.gain
            from (
                select (k.session_id >> 16)::integer as player_id, 'kills' as metric, k.occurred_at, k.event_id
                from new_rows as k
                where k.event_type = 'kill'
                union all
                select (k.session_id >> 16)::integer, 'headshots', k.occurred_at, k.event_id
                from new_rows as k
                where k.event_type = 'kill' and k.is_headshot
                union all
                select (k.target_session_id >> 16)::integer, 'deaths', k.occurred_at, k.event_id
                from new_rows as k
                where k.event_type = 'kill'
            ) as e
            where e.player_id = any(promoted)
        ));
    end if;
    return null;
end;
$$;

create or replace function game.count_purchases()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    promoted integer[];
begin
    insert into game.session_counter as c (session_id, purchases)
    select p.session_id, count(*)
    from new_rows as p
    group by p.session_id
    order by p.session_id
    on conflict on constraint session_counter_pkey do update set purchases = c.purchases + excluded.purchases;

    promoted := game.credit(array(
        select
            ((p.session_id >> 16)::integer, 0, 0, 0, 0, count(*), sum(p.price_usd_cents))::game.player_counter
        from new_rows as p
        group by p.session_id >> 16
    ));
    if promoted is not null then
        perform game.unlock(array(
            select (e.player_id, e.metric, e.amount, e.purchased_at, e.purchase_id)::game.gain
            from (
                select
                    (p.session_id >> 16)::integer as player_id,
                    'purchases' as metric,
                    1 as amount,
                    p.purchased_at,
                    p.purchase_id
                from new_rows as p
                union all
                select
                    (p.session_id >> 16)::integer, 'spent_usd_cents', p.price_usd_cents, p.purchased_at, p.purchase_id
                from new_rows as p
            ) as e
            where e.player_id = any(promoted)
        ));
    end if;
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
