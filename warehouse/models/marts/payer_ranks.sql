{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables')) }}

with payers as (
    select
        player_id,
        {{ total('price_usd_cents') }} as usd_cents
    from {{ ref('fact_purchases') }}
    group by player_id
)

select
    player_id,

    usd_cents,
    row_number() over (order by usd_cents desc, player_id asc) as payer_rank,
    count(*) over () as payers,
    cast(
        sum(usd_cents) over (order by usd_cents desc, player_id asc rows unbounded preceding) as bigint
    ) as top_usd_cents
from payers
