{{ config(
    enabled='kills' in var('tables'),
    materialized='view' if 'kills' in var('large') else 'table',
) }}

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
    {{ day_of('event_ts') }} as killed_on
from {{ ref('stg_kills') }}
