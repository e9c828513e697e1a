{{ config(enabled='achievements' in var('tables')) }}

select
    achievement,

    counts,
    threshold
from {{ source('run', 'achievements') }}
