{{ config(enabled='reports' in var('tables')) }}

select
    kill_id,
    match_id,
    reporter_id,
    reported_id,
    reported_session,

    reason,

    event_ts,
    date as filed_on
from {{ source('run', 'reports') }}
