{{ config(enabled='kills' in var('tables')) }}

select
    kill_id,
    match_id,
    encounter_id,
    killer_id,
    victim_id,
    killer_session,
    victim_session,

    weapon,
    is_headshot,
    distance_cm,
    killer_x_cm,
    killer_y_cm,
    killer_z_cm,
    victim_x_cm,
    victim_y_cm,
    victim_z_cm,

    event_ts,
    date as filed_on
from {{ source('run', 'kills') }}
