{{ config(enabled='countries' in var('tables')) }}

select
    region,
    country,
    utc_offset_minutes,
    currency
from {{ source('run', 'countries') }}
