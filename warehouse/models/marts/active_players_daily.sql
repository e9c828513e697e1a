{{ config(enabled='session_ends' in var('tables')) }}

-- A day of play keeps a player among the actives of the last n days from that day on until n days have passed or the
-- player plays again, which keeps them by itself. So actives are what came in less what went out, without a pair of
-- a player and a day being looked at twice.
with

came as (
    select
        day,
        count(*) as players,
        {{ count_where('play_day = 1') }} as first_time_players,
        {{ total('sessions') }} as sessions,
        {{ total('seconds') }} as seconds
    from {{ ref('player_days') }}
    group by day
),

{% for days in [7, 30] %}

went_{{ days }} as (
    select
        least(coalesce(next_day, {{ days_after('day', days) }}), {{ days_after('day', days) }}) as day,
        count(*) as players
    from {{ ref('player_days') }}
    group by 1
),
{% endfor %}

by_day as (
    select
        spine.day,
        coalesce(came.players, 0) as dau,
        coalesce(came.first_time_players, 0) as first_time_players,
        coalesce(came.sessions, 0) as sessions,
        coalesce(came.seconds, 0) as seconds,
        cast(sum(coalesce(came.players, 0) - coalesce(went_7.players, 0)) over up_to_the_day as bigint) as wau_7d,
        cast(sum(coalesce(came.players, 0) - coalesce(went_30.players, 0)) over up_to_the_day as bigint) as mau_30d
    from {{ ref('date_spine') }} as spine
    left join came on spine.day = came.day
    left join went_7 on spine.day = went_7.day
    left join went_30 on spine.day = went_30.day
    window up_to_the_day as (order by spine.day)
)

select
    dau,
    wau_7d,
    mau_30d,
    {{ ratio('dau', 'wau_7d') }} as stickiness_7d,
    {{ ratio('dau', 'mau_30d') }} as stickiness_30d,
    first_time_players,
    dau - first_time_players as returning_players,
    sessions,
    seconds,
    {{ ratio('seconds', 'dau') }} as seconds_per_player,

    day
from by_day
