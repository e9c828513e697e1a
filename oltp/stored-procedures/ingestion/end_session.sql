-- One row of api.end_sessions.
create or replace procedure api.end_session(
    session_id bigint,
    ended_at timestamptz,
    end_reason text
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.end_sessions(
        array[end_session.session_id],
        array[end_session.ended_at],
        array[end_session.end_reason]
    );
end;
$$;
