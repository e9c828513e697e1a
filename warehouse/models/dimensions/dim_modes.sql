{{ config(enabled='modes' in var('tables')) }}

select
    mode,
    teams,
    team_size,
    cast(teams as integer) * team_size as players,
    match_length_s,
    is_elimination,
    top_speed_cm_per_s
from {{ ref('stg_modes') }}
