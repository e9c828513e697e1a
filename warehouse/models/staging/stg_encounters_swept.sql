{{ config(enabled='encounters_swept' in var('tables')) }}

select
    encounter_id,
    match_id,
    player_a,
    player_b,
    session_a,
    session_b,
    team_a,
    team_b,

    relation,
    contact_ms,
    near_ms,
    min_distance_cm,
    x_cm,
    y_cm,
    z_cm,
    end_reason,

    started_at,
    ended_at,
    min_distance_at,
    date as filed_on
from {{ source('run', 'encounters_swept') }}
