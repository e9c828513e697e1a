{{ config(enabled='session_ends' in var('tables')) }}

-- A session that goes on past the end of a month has play in both.
select
    country,
    {{ total('sessions_new_to_month') }} as sessions,
    {{ total('seconds') }} as seconds,

    {{ month_of('day') }} as month
from {{ ref('play_by_day') }}
group by country, {{ month_of('day') }}
