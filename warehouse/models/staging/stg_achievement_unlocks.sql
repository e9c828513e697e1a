{{ config(enabled='achievement_unlocks' in var('tables')) }}

select
    session_id,
    player_id,

    achievement,
    count,

    event_ts,
    date as filed_on
from {{ source('run', 'achievement_unlocks') }}
