-- Play time and kills per death by day: one row a day and region, for players of the chosen regions and segments.
select
    day,
    region,
    sum(players) as players,
    sum(seconds) / 3600 as hours,
    sum(seconds) / 60 / nullif(sum(players), 0) as minutes_per_player,
    sum(kills) as kills,
    sum(deaths) as deaths,
    sum(kills) / nullif(sum(deaths), 0) as kd_ratio
from players_by_day
where day between $first and $last and list_contains($regions, region) and list_contains($segments, segment)
group by day, region
order by day, region
