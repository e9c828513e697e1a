{{ config(enabled='devices' in var('tables')) }}

select
    device,
    platform
from {{ source('run', 'devices') }}
