{{ config(enabled='session_ends' in var('tables')) }}

-- What everything about activity is counted from. The number of a day among the player's own and the day after it make
-- runs of days and windows over them sums without another sort.
with by_day as (
    select
        player_id,
        day,
        cast(count(*) as integer) as sessions,
        cast(sum(seconds) as integer) as seconds,
        cast(sum(kills) as integer) as kills,
        cast(sum(deaths) as integer) as deaths
    from {{ ref('fact_play_days') }}
    group by player_id, day
)

select
    player_id,

    sessions,
    seconds,
    kills,
    deaths,
    cast(row_number() over (partition by player_id order by day) as integer) as play_day,

    day,
    lead(day) over (partition by player_id order by day) as next_day
from by_day
