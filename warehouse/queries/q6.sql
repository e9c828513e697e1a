-- The country with the most revenue in each week.
--
-- Revenue in hundredths of a US dollar, by the country of the purchase's session and the week (ISO 8601, named by its
-- Monday) of the purchase, UTC. Weeks without a sale are absent. The first country of the alphabet wins a tie.
select
    week,
    first(country order by usd_cents desc, country asc) as country,
    max(usd_cents) as usd_cents,
    first(purchases order by usd_cents desc, country asc) as purchases
from revenue_by_country_week
group by week
order by week
