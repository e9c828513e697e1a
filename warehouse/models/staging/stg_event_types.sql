{{ config(enabled='event_types' in var('tables')) }}

select
    event_type,
    table_name,
    description
from {{ source('run', 'event_types') }}
