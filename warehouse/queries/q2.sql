-- The week with the most players.
--
-- Weeks of ISO 8601, named by their Monday; a player counts once a week with any play in it. Weeks of which the run
-- has only some days compete with the others; days_seen says how many it has. The earliest week wins a tie.
select
    week,
    players,
    days_seen
from active_players_weekly
order by players desc, week asc
limit 1
