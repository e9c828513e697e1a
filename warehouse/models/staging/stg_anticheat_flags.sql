{{ config(enabled='anticheat_flags' in var('tables')) }}

select
    session_id,
    player_id,

    rule,
    value,
    bound,

    event_ts,
    date as filed_on
from {{ source('run', 'anticheat_flags') }}
