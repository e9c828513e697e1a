{{ config(enabled='achievements' in var('tables')) }}

select
    achievement,
    counts,
    threshold
from {{ ref('stg_achievements') }}
