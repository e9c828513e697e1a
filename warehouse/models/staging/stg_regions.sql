{{ config(enabled='regions' in var('tables')) }}

select
    region,
    share_ppm
from {{ source('run', 'regions') }}
