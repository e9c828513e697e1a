-- One row of api.join_matches.
create or replace procedure api.join_match(
    match_id bigint,
    session_id bigint,
    team_id smallint,
    joined_at timestamptz
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.join_matches(
        array[join_match.match_id],
        array[join_match.session_id],
        array[join_match.team_id],
        array[join_match.joined_at]
    );
end;
$$;
