{{ config(enabled='session_ends' in var('tables')) }}

-- A player counts once a week: by the last day of play in it, after which comes none or one of another week.
with by_week as (
    select
        {{ week_of('day') }} as week,
        {{ count_where('next_day is null or ' ~ week_of('next_day') ~ ' <> ' ~ week_of('day')) }} as players,
        count(*) as player_days,
        {{ total('seconds') }} as seconds
    from {{ ref('player_days') }}
    group by 1
),

days as (
    select
        week,
        max(days_of_week_in_run) as days_seen
    from {{ ref('date_spine') }}
    group by week
)

select
    coalesce(by_week.players, 0) as players,
    days.days_seen,
    coalesce(by_week.player_days, 0) as player_days,
    {{ ratio('by_week.player_days', 'days.days_seen * by_week.players') }} as stickiness,
    coalesce(by_week.seconds, 0) as seconds,

    days.week
from days
left join by_week on days.week = by_week.week
