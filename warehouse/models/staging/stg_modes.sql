{{ config(enabled='modes' in var('tables')) }}

select
    mode,
    teams,
    team_size,
    match_length_s,
    is_elimination,
    top_speed_cm_per_s
from {{ source('run', 'modes') }}
