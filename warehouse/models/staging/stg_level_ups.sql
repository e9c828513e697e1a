{{ config(enabled='level_ups' in var('tables')) }}

select
    session_id,
    player_id,

    level,
    experience,

    event_ts,
    date as filed_on
from {{ source('run', 'level_ups') }}
