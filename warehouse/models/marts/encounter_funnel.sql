{{ config(enabled='encounters' in var('tables')) }}

with by_month as (
    select
        relation,
        {{ month_of('day') }} as month,
        {{ total('encounters') }} as encounters,
        {{ total('lasting_encounters') }} as lasting_encounters,
        {{ total('deadly_encounters') }} as deadly_encounters,
        {{ total('kills') }} as kills,
        {{ total('seconds') }} as seconds,
        {{ total('min_distance_sum_cm') }} as min_distance_sum_cm
    from {{ ref('encounters_by_day') }}
    group by relation, {{ month_of('day') }}
)

select
    relation,
    encounters,
    lasting_encounters,
    deadly_encounters,
    kills,
    {{ ratio('deadly_encounters', 'encounters') }} as deadly_share,
    {{ ratio('seconds', 'encounters') }} as mean_length_s,
    {{ ratio('min_distance_sum_cm', 'encounters') }} as mean_min_distance_cm,

    month
from by_month
