-- Revenue by region, with the number of purchases that it rests on: of the chosen regions and segments.
select
    region,
    sum(usd_cents) / 100 as usd,
    sum(purchases) as purchases
from revenue_by_region_day
where day between $first and $last and list_contains($regions, region) and list_contains($segments, segment)
group by region
order by usd desc, region asc
