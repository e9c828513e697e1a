-- Rules about kills and purchases, with the figures of game.anticheat_rule; the rule about speed is with the
-- heartbeats. They fire after the counters (t10) and see them as they are with the batch.
--
-- A session that shoots too well is flagged once a rule, for what it did itself or for what its player has done so
-- far.
create or replace function game.watch_kills()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    insert into game.anticheat_flag (rule, session_id, observed_at, raised_by, evidence)
    select
        r.rule, k.session_id, k.occurred_at, 'rule',
        jsonb_build_object('kills', f.kills, 'deaths', f.deaths, 'headshots', f.headshots)
    from (
        select n.session_id, (n.session_id >> 16)::integer as player_id, max(n.occurred_at) as occurred_at
        from new_rows as n
        where n.event_type = 'kill'
        group by n.session_id
    ) as k
    inner join game.session_counter as s on k.session_id = s.session_id
    inner join game.player_counter as p on k.player_id = p.player_id
    cross join lateral (
        values (s.kills::bigint, s.deaths::bigint, s.headshots::bigint), (p.kills, p.deaths, p.headshots)
    ) as f (kills, deaths, headshots)
    inner join game.anticheat_rule as r
        on
            f.kills >= r.min_count
            and (
                (r.rule = 'kd_outlier' and f.kills >= r.threshold * (f.deaths + 1))
                or (r.rule = 'headshot_share' and f.headshots >= r.threshold * f.kills)
            )
    where not exists (
        select from game.anticheat_flag as a where a.rule = r.rule and a.session_id = k.session_id
    )
    order by r.rule, k.session_id
    on conflict on constraint anticheat_flag_pkey do nothing;
    return null;
end;
$$;

create or replace function game.watch_purchases()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    insert into game.anticheat_flag (rule, session_id, observed_at, raised_by, evidence)
    select
        r.rule, n.session_id, min(n.purchased_at), 'rule',
        jsonb_build_object('purchases', max(b.purchases), 'window_s', r.window_s)
    from new_rows as n
    cross join game.anticheat_rule as r
    -- The windows that end with the purchase, or with one that was there before it although it came later; of all
    -- sessions of the player, whose numbers stand side by side.
    inner join game.purchase as l
        on
            l.session_id >= n.session_id >> 16 << 16
            and l.session_id < (n.session_id >> 16) + 1 << 16
            and l.purchased_at >= n.purchased_at
            and l.purchased_at < n.purchased_at + make_interval(secs => r.window_s)
    cross join lateral (
        select count(*) as purchases
        from game.purchase as p
        where
            p.session_id >= n.session_id >> 16 << 16
            and p.session_id < (n.session_id >> 16) + 1 << 16
            and p.purchased_at > l.purchased_at - make_interval(secs => r.window_s)
            and p.purchased_at <= l.purchased_at
    ) as b
    where
        r.rule = 'purchase_velocity'
        and b.purchases >= r.min_count
        and not exists (select from game.anticheat_flag as a where a.rule = r.rule and a.session_id = n.session_id)
    group by r.rule, n.session_id, r.window_s
    order by n.session_id
    on conflict on constraint anticheat_flag_pkey do nothing;
    return null;
end;
$$;

create or replace trigger t20_watch after insert on game.game_event referencing new table as new_rows
for each statement execute function game.watch_kills();
create or replace trigger t20_watch after insert on game.purchase referencing new table as new_rows
for each statement execute function game.watch_purchases();
