-- One row of api.start_sessions.
create or replace procedure api.start_session(
    session_id bigint,
    player_id integer,
    party_id bigint,
    device text,
    client_version text,
    started_at timestamptz
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.start_sessions(
        array[start_session.session_id],
        array[start_session.player_id],
        array[start_session.party_id],
        array[start_session.device],
        array[start_session.client_version],
        array[start_session.started_at]
    );
end;
$$;
