{{ config(
    enabled='participations' in var('tables'),
    materialized='view' if 'participations' in var('large') else 'table',
) }}

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
    {{ day_of('joined_at') }} as joined_on
from {{ ref('stg_participations') }}
