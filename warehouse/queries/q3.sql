-- The country with the most play time in a month.
--
-- Seconds of sessions within the UTC month, by the country of the session, over all regions that the country lies
-- in. The first country of the alphabet wins a tie.
select
    strftime(cast($month as date), '%Y-%m') as month,
    first(country order by seconds desc, country asc) as country,
    coalesce(max(seconds), 0) as seconds
from play_by_month
where month = cast($month as date)
