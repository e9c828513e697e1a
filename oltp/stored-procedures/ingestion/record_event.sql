-- One row of api.record_events.
create or replace procedure api.record_event(
    event_type text,
    event_id bigint,
    occurred_at timestamptz,
    match_id bigint,
    session_id bigint,
    target_session_id bigint default null,
    weapon text default null,
    is_headshot boolean default null,
    distance_cm integer default null,
    x_cm integer default null,
    y_cm integer default null,
    z_cm integer default null,
    target_x_cm integer default null,
    target_y_cm integer default null,
    target_z_cm integer default null,
    encounter_id bigint default null,
    detail jsonb default '{}'
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.record_events(
        array[record_event.event_type],
        array[record_event.event_id],
        array[record_event.occurred_at],
        array[record_event.match_id],
        array[record_event.session_id],
        array[record_event.target_session_id],
        array[record_event.weapon],
        array[record_event.is_headshot],
        array[record_event.distance_cm],
        array[record_event.x_cm],
        array[record_event.y_cm],
        array[record_event.z_cm],
        array[record_event.target_x_cm],
        array[record_event.target_y_cm],
        array[record_event.target_z_cm],
        array[record_event.encounter_id],
        array[record_event.detail]
    );
end;
$$;
