{{ config(enabled='encounters' in var('tables')) }}

select
    relation,
    count(*) as encounters,
    {{ count_where('contact_beats > 1') }} as lasting_encounters,
    {{ count_where('kills > 0') }} as deadly_encounters,
    {{ total('kills') }} as kills,
    {{ total('length_s') }} as seconds,
    {{ total('min_distance_cm') }} as min_distance_sum_cm,

    started_on as day
from {{ ref('fact_encounters') }}
group by relation, started_on
