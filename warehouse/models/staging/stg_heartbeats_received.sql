{{ config(enabled='heartbeats_received' in var('tables')) }}

select
    session_id,
    player_id,
    match_id,

    team_id,
    position_x_cm,
    position_y_cm,
    position_z_cm,

    event_ts,
    received_at,
    date as filed_on
from {{ source('run', 'heartbeats_received') }}
