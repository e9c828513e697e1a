{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables') and 'players' in var('tables')) }}

select
    purchases.region,
    purchases.country,
    players.segment,
    purchases.category,
    {{ total('purchases.price_usd_cents') }} as usd_cents,
    count(*) as purchases,

    purchases.purchased_on as day
from {{ ref('fact_purchases') }} as purchases
left join {{ ref('stg_players') }} as players on purchases.player_id = players.player_id
group by purchases.region, purchases.country, players.segment, purchases.category, purchases.purchased_on
