-- Name of the partition of a table for a day.
create or replace function game.partition_name(table_name text, day date)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select format('%s_%s', partition_name.table_name, to_char(partition_name.day, 'YYYYMMDD'))
$$;
