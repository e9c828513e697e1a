-- One row of api.record_heartbeats.
create or replace procedure api.record_heartbeat(
    session_id bigint,
    beat_at timestamptz,
    match_id bigint,
    x_cm integer,
    y_cm integer,
    z_cm integer
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.record_heartbeats(
        array[record_heartbeat.session_id],
        array[record_heartbeat.beat_at],
        array[record_heartbeat.match_id],
        array[record_heartbeat.x_cm],
        array[record_heartbeat.y_cm],
        array[record_heartbeat.z_cm]
    );
end;
$$;
