{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables')) }}

select
    country,
    {{ total('price_usd_cents') }} as usd_cents,
    count(*) as purchases,
    count(distinct player_id) as payers,

    {{ week_of('purchased_on') }} as week
from {{ ref('fact_purchases') }}
group by country, {{ week_of('purchased_on') }}
