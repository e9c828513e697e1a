-- One row a player with flags: how many, by which rules, and when; and since when the player is banned, if so.
create or replace view api.flagged_players as
select
    s.player_id,
    p.region,
    count(*) as flags,
    array_agg(distinct f.rule order by f.rule) as rules,
    min(f.observed_at) as first_observed_at,
    max(f.observed_at) as last_observed_at,
    c.kills,
    c.deaths,
    c.headshots,
    c.purchases,
    n.banned_at
from game.anticheat_flag as f
inner join game.session as s on f.session_id = s.session_id
inner join game.player as p on s.player_id = p.player_id
inner join game.player_counter as c on s.player_id = c.player_id
left join game.ban as n on s.player_id = n.player_id
group by s.player_id, p.region, c.kills, c.deaths, c.headshots, c.purchases, n.banned_at;
comment on view api.flagged_players is 'One row a player with flags: how many, by which rules, and when; and the ban.';
