{{ config(
    enabled='purchases' in var('tables') and 'session_ends' in var('tables'),
    materialized='view' if 'purchases' in var('large') else 'table',
) }}

select
    purchases.purchase_id,
    purchases.player_id,
    purchases.session_id,
    purchases.item_id,

    purchases.item,
    purchases.category,
    purchases.price_minor,
    purchases.currency,
    purchases.price_usd_cents,
    purchases.is_first,
    sessions.region,
    sessions.country,
    sessions.platform,

    purchases.event_ts,
    {{ day_of('purchases.event_ts') }} as purchased_on
from {{ ref('stg_purchases') }} as purchases
left join {{ ref('fact_sessions') }} as sessions on purchases.session_id = sessions.session_id
