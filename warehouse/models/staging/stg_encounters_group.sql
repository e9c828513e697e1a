{{ config(enabled='encounters_group' in var('tables')) }}

select
    group_id,
    match_id,
    first_session,

    tick,
    size,
    contacts,
    teams,

    event_ts,
    date as filed_on
from {{ source('run', 'encounters_group') }}
