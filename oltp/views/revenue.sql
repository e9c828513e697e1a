-- One row a UTC day: what was sold, in hundredths of a US dollar, what that is per player, and which sales were on.
create or replace view api.revenue as
with sold as (
    select
        (b.purchased_at at time zone 'UTC')::date as day,
        sum(b.price_usd_cents) as usd_cents,
        count(*) as purchases,
        count(distinct s.player_id) as payers
    from game.purchase as b
    inner join game.session as s on b.session_id = s.session_id
    group by (b.purchased_at at time zone 'UTC')::date
)

select
    a.day,
    coalesce(s.usd_cents, 0)::bigint as usd_cents,
    coalesce(s.purchases, 0) as purchases,
    coalesce(s.payers, 0) as payers,
    a.dau as active_players,
    coalesce(s.usd_cents, 0)::float8 / nullif(a.dau, 0) as arpdau_usd_cents,
    s.usd_cents::float8 / nullif(s.payers, 0) as arppu_usd_cents,
    array(
        select d.sale from game.sale as d
        where a.day between d.starts_on and d.ends_on
        order by d.sale
    ) as sales
from api.active_players as a
left join sold as s on a.day = s.day;
comment on view api.revenue is
'One row a UTC day: sales in hundredths of a US dollar, per active player (arpdau) and per payer (arppu); '
'sales that were on.';
