-- Average play time on a day.
--
-- Seconds of sessions within the UTC day, over players with at least one second of play on it. A session counts on
-- each day that it touches with its seconds there.
select
    cast($day as date) as day,
    coalesce(sum(seconds), 0) as seconds,
    coalesce(sum(dau), 0) as players,
    sum(seconds) / nullif(sum(dau), 0) as avg_seconds
from active_players_daily
where day = cast($day as date)
