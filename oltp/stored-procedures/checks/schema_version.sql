-- The version of the schema that the database has.
create or replace function api.schema_version()
returns integer
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select max(v.version) from game.schema_version as v
$$;
