-- Encounters per session by day: those that began on the day over sessions with play on it. Of all regions and
-- segments.
select
    met.day,
    met.relation,
    met.encounters,
    played.sessions,
    met.encounters / nullif(played.sessions, 0) as per_session
from encounters_by_day as met
inner join active_players_daily as played on met.day = played.day
where met.day between $first and $last
order by met.day, met.relation
