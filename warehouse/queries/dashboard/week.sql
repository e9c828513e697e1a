-- Sessions online by weekday and hour, UTC: the mean over every such hour of the chosen days, so that a weekday
-- which occurs seven times does not look busier than one which occurs six times. Sessions of the chosen regions, of
-- all segments.
with hours as (
    select
        day,
        hour,
        sum(mean_online) as online
    from concurrency_by_region
    where day between $first and $last and list_contains($regions, region)
    group by day, hour
)

select
    isodow(day) as weekday,
    hour,
    avg(online) as online,
    count(*) as occurrences
from hours
group by isodow(day), hour
order by weekday, hour
