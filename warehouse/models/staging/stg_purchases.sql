{{ config(enabled='purchases' in var('tables')) }}

select
    purchase_id,
    player_id,
    session_id,
    item_id,

    item,
    category,
    price_minor,
    currency,
    price_usd_cents,
    is_first,

    event_ts,
    date as filed_on
from {{ source('run', 'purchases') }}
