-- One row of api.leave_matches.
create or replace procedure api.leave_match(
    match_id bigint,
    session_id bigint,
    left_at timestamptz
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.leave_matches(
        array[leave_match.match_id],
        array[leave_match.session_id],
        array[leave_match.left_at]
    );
end;
$$;
