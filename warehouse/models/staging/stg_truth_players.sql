{{ config(enabled='truth_players' in var('tables')) }}

select
    player_id,

    archetype,
    cluster,
    engagement_milli,
    skill_milli,
    churn_ppm,
    session_length_s,
    peak_minute,
    cheat,
    cheats_from_day,
    cheats_after
from {{ source('run', 'truth_players') }}
