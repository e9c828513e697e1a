{{ config(enabled='weapons' in var('tables')) }}

select
    weapon,
    best_range_cm,
    headshot_ppm
from {{ ref('stg_weapons') }}
