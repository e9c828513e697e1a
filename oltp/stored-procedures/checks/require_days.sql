-- Whether every moment lies in a day that has partitions.
create or replace function game.require_days(moments timestamptz[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    closed date;
begin
    select d.day into closed
    from (select distinct m.moment::date as day from unnest(require_days.moments) as m (moment)) as d
    where not exists (select from game.day as o where o.day = d.day)
    order by d.day
    limit 1;
    if closed is not null then
        perform game.refuse(
            'SK006', format('day %s is not open', closed),
            case
                when isfinite(closed) then format('call api.open_day(%L) first', closed)
                else 'give a moment that a calendar has'
            end
        );
    end if;
end;
$$;
