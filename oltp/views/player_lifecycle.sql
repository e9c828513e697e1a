-- One row an account: from installation to now. State: banned, or by the latest day with play: installed (never
-- played), new (first played less than 7 days before), active (played in the last 7 days), lapsing (in the last 30),
-- lapsed.
create or replace view api.player_lifecycle as
with played as (
    select
        d.player_id,
        min(d.day) as first_day,
        max(d.day) as last_day,
        count(distinct d.day) as days_played,
        sum(d.seconds) as seconds
    from api.play_days as d
    group by d.player_id
),

today as (
    select max(d.day) as day from api.play_days as d
)

select
    p.player_id,
    p.installed_on,
    p.segment,
    d.first_day,
    d.last_day,
    coalesce(d.days_played, 0) as days_played,
    coalesce(d.seconds, 0)::bigint as seconds,
    c.sessions,
    c.kills,
    c.deaths,
    c.purchases,
    c.spent_usd_cents,
    (
        select count(*) from game.player_achievement as a
        where a.player_id = p.player_id
    ) as achievements,
    coalesce((
        select max(l.level) from game.level_up as l
        where l.session_id >= p.player_id::bigint << 16 and l.session_id < (p.player_id::bigint + 1) << 16
    ), 1) as level,
    n.banned_at,
    case
        when n.banned_at is not null then 'banned'
        when d.first_day is null then 'installed'
        when d.first_day > t.day - 7 then 'new'
        when d.last_day > t.day - 7 then 'active'
        when d.last_day > t.day - 30 then 'lapsing'
        else 'lapsed'
    end as state
from game.player as p
inner join game.player_counter as c on p.player_id = c.player_id
cross join today as t
left join game.ban as n on p.player_id = n.player_id
left join played as d on p.player_id = d.player_id;
comment on view api.player_lifecycle is
'One row an account: installation, first and last day of play, sums, and the state that follows from them.';
