-- Classic retention by age: of the accounts installed on the chosen days, who played just so many days later; only
-- cohorts that the run saw at that age. Of all regions and segments.
select
    age_days,
    sum(players) as players,
    sum(retained_players) as retained_players,
    sum(retained_players) / nullif(sum(players), 0) as retained_share
from retention_classic
where installed_on between $first and $last
group by age_days
order by age_days
