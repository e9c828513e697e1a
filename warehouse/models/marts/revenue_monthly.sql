{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables')) }}

with sold as (
    select
        {{ month_of('purchased_on') }} as month,
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
    actives.players as active_players,
    {{ ratio('coalesce(sold.usd_cents, 0)', 'actives.players') }} as arpmau_usd_cents,
    {{ ratio('sold.usd_cents', 'sold.payers') }} as arppu_usd_cents,

    actives.month
from {{ ref('active_players_monthly') }} as actives
left join sold on actives.month = sold.month
