-- One row of api.end_matches.
create or replace procedure api.end_match(
    match_id bigint,
    ended_at timestamptz,
    winner_team smallint,
    end_reason text
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.end_matches(
        array[end_match.match_id],
        array[end_match.ended_at],
        array[end_match.winner_team],
        array[end_match.end_reason]
    );
end;
$$;
