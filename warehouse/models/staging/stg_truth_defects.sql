{{ config(enabled='truth_defects' in var('tables')) }}

select
    session_id,

    defect,
    shift_ms,

    event_ts,
    date as filed_on
from {{ source('run', 'truth_defects') }}
