{{ config(enabled='kills' in var('tables')) }}

select
    weapon,
    count(*) as kills,
    {{ count_where('is_headshot') }} as headshots,
    {{ total('distance_cm') }} as distance_sum_cm,

    killed_on as day
from {{ ref('fact_kills') }}
group by weapon, killed_on
