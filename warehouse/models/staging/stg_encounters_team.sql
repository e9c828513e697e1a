{{ config(enabled='encounters_team' in var('tables')) }}

select
    encounter_id,
    match_id,
    team_a,
    team_b,

    contact_beats,
    near_beats,
    min_distance_cm,
    x_cm,
    y_cm,
    z_cm,
    end_reason,

    started_at,
    ended_at,
    min_distance_at,
    date as filed_on
from {{ source('run', 'encounters_team') }}
