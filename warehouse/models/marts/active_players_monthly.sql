{{ config(enabled='session_ends' in var('tables')) }}

-- A player counts once a month: by the last day of play in it, after which comes none or one of another month.
with by_month as (
    select
        {{ month_of('day') }} as month,
        {{ count_where('next_day is null or ' ~ month_of('next_day') ~ ' <> ' ~ month_of('day')) }} as players,
        count(*) as player_days,
        {{ total('seconds') }} as seconds
    from {{ ref('player_days') }}
    group by 1
),

days as (
    select
        month,
        max(days_of_month_in_run) as days_seen
    from {{ ref('date_spine') }}
    group by month
)

select
    coalesce(by_month.players, 0) as players,
    days.days_seen,
    coalesce(by_month.player_days, 0) as player_days,
    {{ ratio('by_month.player_days', 'days.days_seen * by_month.players') }} as stickiness,
    coalesce(by_month.seconds, 0) as seconds,

    days.month
from days
left join by_month on days.month = by_month.month
