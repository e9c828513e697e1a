-- One row of api.record_purchases.
create or replace procedure api.record_purchase(
    purchase_id bigint,
    session_id bigint,
    purchased_at timestamptz,
    item_id integer,
    currency text,
    price_minor integer,
    price_usd_cent integer
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.record_purchases(
        array[record_purchase.purchase_id],
        array[record_purchase.session_id],
        array[record_purchase.purchased_at],
        array[record_purchase.item_id],
        array[record_purchase.currency],
        array[record_purchase.price_minor],
        array[record_purchase.price_usd_cent]
    );
end;
$$;
