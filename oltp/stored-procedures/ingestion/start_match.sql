-- One row of api.start_matches.
create or replace procedure api.start_match(
    match_id bigint,
    realm_id smallint,
    region text,
    arena_id integer,
    map text,
    mode text,
    started_at timestamptz
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.start_matches(
        array[start_match.match_id],
        array[start_match.realm_id],
        array[start_match.region],
        array[start_match.arena_id],
        array[start_match.map],
        array[start_match.mode],
        array[start_match.started_at]
    );
end;
$$;
