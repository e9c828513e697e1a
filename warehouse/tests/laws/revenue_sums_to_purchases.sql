{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables')) }}

-- However revenue is cut up, it is the same revenue.
with sums as (
    select 'revenue_by_country_week' as model, sum(usd_cents) as usd_cents, sum(purchases) as purchases
    from {{ ref('revenue_by_country_week') }}
    union all
    select 'revenue_daily', sum(usd_cents), sum(purchases) from {{ ref('revenue_daily') }}
    union all
    select 'revenue_monthly', sum(usd_cents), sum(purchases) from {{ ref('revenue_monthly') }}
    union all
    select 'player_lifetime', sum(usd_cents), sum(purchases) from {{ ref('player_lifetime') }}
    {% if 'players' in var('tables') %}
    union all
    select 'revenue_by_region_day', sum(usd_cents), sum(purchases) from {{ ref('revenue_by_region_day') }}
    {% endif %}
)

select sums.*
from sums
cross join (
    select coalesce(sum(price_usd_cents), 0) as usd_cents, count(*) as purchases from {{ ref('stg_purchases') }}
) as truth
where (
    coalesce(sums.usd_cents, 0) = truth.usd_cents and coalesce(sums.purchases, 0) = truth.purchases
) is not true
