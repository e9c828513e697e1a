-- One row a cohort (UTC day of installation) and age in days: how many of it played on the day of that age. Cohorts
-- are of days that the database has, and ages those that it has seen.
create or replace view api.retention as
with cohorts as (
    select p.installed_on, count(*) as players
    from game.player as p
    inner join game.day as d on p.installed_on = d.day
    group by p.installed_on
),

retained as (
    select p.installed_on, d.day, count(distinct d.player_id) as players
    from api.play_days as d
    inner join game.player as p on d.player_id = p.player_id
    group by p.installed_on, d.day
)

select
    c.installed_on,
    d.day - c.installed_on as age_days,
    c.players,
    coalesce(r.players, 0) as retained_players,
    coalesce(r.players, 0)::float8 / c.players as retained_share
from cohorts as c
inner join game.day as d on c.installed_on <= d.day
left join retained as r on c.installed_on = r.installed_on and d.day = r.day;
comment on view api.retention is
'One row a cohort and age in days: players installed on that UTC day who played on the day of that age.';
