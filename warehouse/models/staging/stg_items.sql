{{ config(enabled='items' in var('tables')) }}

select
    item_id,

    item,
    category,
    price_usd_cents
from {{ source('run', 'items') }}
