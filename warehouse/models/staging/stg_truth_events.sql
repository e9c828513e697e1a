{{ config(enabled='truth_events' in var('tables')) }}

select
    player_id,

    event,

    event_ts,
    date as filed_on
from {{ source('run', 'truth_events') }}
