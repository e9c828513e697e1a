{{ config(enabled='purchases' in var('tables') and 'items' in var('tables') and 'sales' in var('tables')) }}

-- What is paid is the item's price, less the discount of the sale that is on: whole cents, one at least.
select
    purchases.purchase_id,
    purchases.price_usd_cents,
    items.price_usd_cents as list_price
from {{ ref('stg_purchases') }} as purchases
left join {{ ref('stg_items') }} as items on purchases.item_id = items.item_id
left join {{ ref('stg_sales') }} as sales
    on {{ day_of('purchases.event_ts') }} between sales.starts_on and sales.ends_on
where (
    purchases.price_usd_cents = greatest(
        floor(
            (cast(items.price_usd_cents as bigint) * (1000000 - coalesce(sales.discount_ppm, 0)) + 500000) / 1000000.0
        ), 1
    )
) is not true
