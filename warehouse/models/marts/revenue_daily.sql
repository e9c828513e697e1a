{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables')) }}

with sold as (
    select
        purchased_on as day,
        {{ total('price_usd_cents') }} as usd_cents,
        count(*) as purchases,
        count(distinct player_id) as payers
    from {{ ref('fact_purchases') }}
    group by 1
)

select
    coalesce(sold.usd_cents, 0) as usd_cents,
    coalesce(sold.purchases, 0) as purchases,
    coalesce(sold.payers, 0) as payers,
    actives.dau as active_players,
    {{ ratio('coalesce(sold.usd_cents, 0)', 'actives.dau') }} as arpdau_usd_cents,
    {{ ratio('sold.usd_cents', 'sold.payers') }} as arppu_usd_cents,

    actives.day
from {{ ref('active_players_daily') }} as actives
left join sold on actives.day = sold.day
