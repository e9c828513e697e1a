{#- Players of a week or a month of the calendar, each once: by the last day of play in it, after which comes none or one
    of another. -#}
{% macro actives_of_calendar(period, period_of) %}
with by_period as (
    select
        {{ period_of('day') }} as period,
        {{ count_where('next_day is null or ' ~ period_of('next_day') ~ ' <> ' ~ period_of('day')) }} as players,
        count(*) as player_days,
        {{ total('seconds') }} as seconds
    from {{ ref('player_days') }}
    group by 1
),

days as (
    select
        {{ period }} as period,
        max(days_of_{{ period }}_in_run) as days_seen
    from {{ ref('date_spine') }}
    group by {{ period }}
)

select
    coalesce(by_period.players, 0) as players,
    days.days_seen,
    coalesce(by_period.player_days, 0) as player_days,
    {{ ratio('by_period.player_days', 'days.days_seen * by_period.players') }} as stickiness,
    coalesce(by_period.seconds, 0) as seconds,

    days.period as {{ period }}
from days
left join by_period on days.period = by_period.period
{% endmacro %}
