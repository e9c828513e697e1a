{{ config(enabled='bans' in var('tables')) }}

select
    player_id,

    rule,
    is_wave,

    event_ts,
    date as filed_on
from {{ source('run', 'bans') }}
