-- One row of api.reach_levels.
create or replace procedure api.reach_level(
    session_id bigint,
    reached_at timestamptz,
    level smallint,
    experience bigint
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.reach_levels(
        array[reach_level.session_id],
        array[reach_level.reached_at],
        array[reach_level.level],
        array[reach_level.experience]
    );
end;
$$;
