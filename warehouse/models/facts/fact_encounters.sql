{{ config(
    enabled='encounters' in var('tables'),
    materialized='view',
) }}

-- A view: there are so many encounters that a copy of them would cost 30 bytes a row for nothing.
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
    contact_beats,
    near_beats,
    min_distance_cm,
    x_cm,
    y_cm,
    z_cm,
    kills,
    end_reason,
    {{ seconds_between('started_at', 'ended_at') }} as length_s,

    started_at,
    ended_at,
    min_distance_at,
    {{ day_of('started_at') }} as started_on,
    filed_on
from {{ ref('stg_encounters') }}
