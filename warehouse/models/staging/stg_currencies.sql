{{ config(enabled='currencies' in var('tables')) }}

select
    currency,
    digits,
    per_usd_micros
from {{ source('run', 'currencies') }}
