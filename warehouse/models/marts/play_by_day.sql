{{ config(enabled='session_ends' in var('tables')) }}

select
    region,
    country,
    platform,
    count(*) as sessions,
    {{ count_where('is_first_of_session') }} as sessions_started,
    {{ count_where('is_first_of_month') }} as sessions_new_to_month,
    {{ total('seconds') }} as seconds,
    {{ total('kills') }} as kills,
    {{ total('deaths') }} as deaths,

    day
from {{ ref('fact_play_days') }}
group by region, country, platform, day
