-- One row a UTC day: who played. dau are players with at least one second of play on the day; wau_7d and mau_30d
-- those with play on it or on one of the 6 or 29 days before, as far as the database goes back.
create or replace view api.active_players as
with by_player as (
    select p.player_id, p.day, count(*) as sessions, sum(p.seconds) as seconds
    from api.play_days as p
    group by p.player_id, p.day
),

play as (
    select
        b.*,
        lead(b.day) over (partition by b.player_id order by b.day) as next_day,
        row_number() over (partition by b.player_id order by b.day) as play_day
    from by_player as b
)

select
    d.day,
    count(*) filter (where p.day = d.day) as dau,
    count(*) filter (where p.day > d.day - 7) as wau_7d,
    count(p.player_id) as mau_30d,
    count(*) filter (where p.day = d.day and p.play_day = 1) as first_time_players,
    count(*) filter (where p.day = d.day and p.play_day > 1) as returning_players,
    coalesce(sum(p.sessions) filter (where p.day = d.day), 0)::bigint as sessions,
    coalesce(sum(p.seconds) filter (where p.day = d.day), 0)::bigint as seconds
from game.day as d
-- Each player once: by the last day of play up to the day.
left join play as p
    on p.day <= d.day and p.day > d.day - 30 and (p.next_day is null or p.next_day > d.day)
group by d.day;
comment on view api.active_players is
'One row a UTC day: players with at least a second of play on it (dau), in 7 days (wau_7d) and in 30 days (mau_30d).';
