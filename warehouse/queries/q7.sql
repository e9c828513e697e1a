-- Close encounters per session and per day in a month.
--
-- Encounters that began in the UTC month, each counted once although two sessions take part; of all pairs, or of
-- opponents or allies only. Over sessions with at least one second of play in the month, and over its days with any
-- play. allies says how many of the encounters are between allies.
with

met as (
    select
        coalesce(sum(encounters), 0) as encounters,
        coalesce(sum(encounters) filter (relation = 'allies'), 0) as allies
    from encounters_by_day
    where
        day >= cast($month as date)
        and day < cast($month as date) + interval 1 month
        and (cast($relation as varchar) is null or relation = $relation)
),

played as (
    select coalesce(sum(sessions), 0) as sessions
    from play_by_month
    where month = cast($month as date)
),

days as (
    select count(*) as days
    from active_players_daily
    where
        dau > 0
        and day >= cast($month as date)
        and day < cast($month as date) + interval 1 month
)

select
    $month[1:7] as month,
    met.encounters,
    played.sessions,
    met.encounters / nullif(played.sessions, 0) as per_session,
    days.days,
    met.encounters / nullif(days.days, 0) as per_day,
    met.allies
from met, played, days
