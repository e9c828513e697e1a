{{ config(enabled='session_ends' in var('tables'), materialized='view') }}

-- As in streaks, but a run of days that goes on past the end of a month is two.
select
    player_id,

    cast(count(*) as integer) as days,

    min(day) as first_day,
    {{ month_of('day') }} as month
from {{ ref('player_days') }}
group by player_id, {{ month_of('day') }}, {{ days_after('day', '-play_day') }}
