-- What players bought, within a session.
create or replace procedure api.record_purchases(
    purchase_ids bigint[],
    session_ids bigint[],
    purchased_ats timestamptz[],
    item_ids integer[],
    currencies text[],
    price_minors integer[],
    price_usd_cents integer[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'record_purchases', cardinality(record_purchases.purchase_ids), cardinality(record_purchases.session_ids),
        cardinality(record_purchases.purchased_ats), cardinality(record_purchases.item_ids),
        cardinality(record_purchases.currencies), cardinality(record_purchases.price_minors),
        cardinality(record_purchases.price_usd_cents)
    );
    stored integer;
    fault record;
begin
    perform game.require_days(record_purchases.purchased_ats);
    -- Whoever ends one of the sessions meanwhile waits, and then sees these purchases.
    perform from game.session as s
    where s.session_id = any(array(select distinct b.id from unnest(record_purchases.session_ids) as b (id)))
    order by s.session_id
    for share;
    -- A number is taken once, on whatever day.
    with taken as (
        insert into game.purchase_key as k (purchase_id, purchased_at)
        select b.purchase_id, b.purchased_at
        from unnest(
            record_purchases.purchase_ids, record_purchases.session_ids, record_purchases.purchased_ats,
            record_purchases.item_ids, record_purchases.currencies, record_purchases.price_minors,
            record_purchases.price_usd_cents
        ) as b (purchase_id, session_id, purchased_at, item_id, currency, price_minor, price_usd_cent)
        where num_nulls(b.purchase_id, b.purchased_at) = 0
        order by b.purchase_id
        on conflict on constraint purchase_key_pkey do nothing
        returning k.purchase_id, k.purchased_at
    )

    insert into game.purchase (
        purchase_id, session_id, purchased_at, item_id, currency, price_minor, price_usd_cents
    )
    select
        b.purchase_id, b.session_id, b.purchased_at, b.item_id, b.currency, b.price_minor, b.price_usd_cent
    from unnest(
        record_purchases.purchase_ids, record_purchases.session_ids, record_purchases.purchased_ats,
        record_purchases.item_ids, record_purchases.currencies, record_purchases.price_minors,
        record_purchases.price_usd_cents
    ) as b (purchase_id, session_id, purchased_at, item_id, currency, price_minor, price_usd_cent)
    inner join taken as k on b.purchase_id = k.purchase_id and b.purchased_at = k.purchased_at
    inner join game.session as s on b.session_id = s.session_id
    inner join game.item as i on b.item_id = i.item_id
    inner join game.currency as c on b.currency = c.currency
    where
        b.purchased_at >= s.started_at
        and b.purchased_at < coalesce(s.ended_at, 'infinity')
        and b.purchase_id >> 20 = b.session_id >> 16
        and b.price_minor > 0
        and b.price_usd_cent >= 0
    order by b.purchase_id
    on conflict (purchase_id, purchased_at) do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.purchase_id,
        case
            when num_nulls(
                b.purchase_id, b.session_id, b.purchased_at, b.item_id, b.currency, b.price_minor, b.price_usd_cent
            ) > 0
                or b.purchase_id >> 20 <> b.session_id >> 16
                or b.price_minor <= 0
                or b.price_usd_cent < 0 then 'SK001'
            when t.purchase_id is not null then 'SK004'
            when s.session_id is null or i.item_id is null or c.currency is null then 'SK002'
            when b.purchased_at < s.started_at or b.purchased_at >= coalesce(s.ended_at, 'infinity') then 'SK003'
            else 'SK004'
        end as code
    into fault
    from unnest(
        record_purchases.purchase_ids, record_purchases.session_ids, record_purchases.purchased_ats,
        record_purchases.item_ids, record_purchases.currencies, record_purchases.price_minors,
        record_purchases.price_usd_cents
    ) with ordinality as b (
        purchase_id, session_id, purchased_at, item_id, currency, price_minor, price_usd_cent, line
    )
    left join game.session as s on b.session_id = s.session_id
    left join game.item as i on b.item_id = i.item_id
    left join game.currency as c on b.currency = c.currency
    left join game.purchase as t on b.purchase_id = t.purchase_id and b.purchased_at = t.purchased_at
    where
        num_nulls(b.purchase_id) > 0
        or (
            b.purchase_id, b.session_id, b.purchased_at, b.item_id, b.currency, b.price_minor, b.price_usd_cent
        ) is distinct from (
            t.purchase_id, t.session_id, t.purchased_at, t.item_id, t.currency, t.price_minor, t.price_usd_cents
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'purchase %s %s', fault.purchase_id,
                case fault.code
                    when 'SK001' then 'lacks a value or a price, or is not numbered player_id << 20 | ordinal'
                    when 'SK002' then 'is of a session, item or currency that is not there'
                    when 'SK003' then 'lies outside of its session'
                    else 'is there with other content'
                end
            ),
            'start the session first, and number purchases once'
        );
    end if;
end;
$$;
