-- One row a player with a kill or a death: figures of the whole career, and the rank by kills, of everybody and
-- within the region. Equal kills go by fewer deaths, then by account number, so that no two share a place.
create or replace view api.leaderboard as
select
    rank() over (order by c.kills desc, c.deaths asc, c.player_id asc) as place,
    rank() over (partition by p.region order by c.kills desc, c.deaths asc, c.player_id asc) as place_in_region,
    c.player_id,
    p.region,
    p.country,
    c.kills,
    c.deaths,
    c.headshots,
    c.kills::float8 / nullif(c.deaths, 0) as kd_ratio,
    c.headshots::float8 / nullif(c.kills, 0) as headshot_share,
    c.sessions
from game.player_counter as c
inner join game.player as p on c.player_id = p.player_id
where c.kills + c.deaths > 0;
comment on view api.leaderboard is
'One row a player who has killed or died: kills, deaths and the place by kills, of all and within the region.';
