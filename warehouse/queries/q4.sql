-- A player's kills and deaths over the whole run.
--
-- Sums over the player's sessions. The ratio is missing for who never died.
select
    cast($player as integer) as player_id,
    coalesce(sum(kills), 0) as kills,
    coalesce(sum(deaths), 0) as deaths,
    sum(kills) / nullif(sum(deaths), 0) as ratio
from player_lifetime
where player_id = $player
