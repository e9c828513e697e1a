{{ config(enabled='participations' in var('tables')) }}

select
    match_id,
    session_id,
    player_id,
    team_id,

    heartbeats,
    kills,
    deaths,
    won,

    joined_at,
    left_at,
    date as filed_on
from {{ source('run', 'participations') }}
