{{ config(enabled='truth_effects' in var('tables')) }}

select
    effect,

    size_ppm,
    meaning
from {{ source('run', 'truth_effects') }}
