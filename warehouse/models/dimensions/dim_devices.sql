{{ config(enabled='devices' in var('tables')) }}

select
    device,
    platform
from {{ ref('stg_devices') }}
