{{ config(enabled='session_ends' in var('tables')) }}

-- Sessions online at whole minutes: those that have begun by then less those that have ended by then.
with

changes as (
    select
        region,
        {{ minute_from('started_at') }} as minute,
        count(*) as change
    from {{ ref('fact_sessions') }}
    group by 1, 2
    union all
    select
        region,
        {{ minute_from('event_ts') }} as minute,
        -count(*) as change
    from {{ ref('fact_sessions') }}
    group by 1, 2
),

by_minute as (
    select
        region,
        minute,
        sum(change) as change
    from changes
    group by region, minute
),

regions as (
    select distinct region
    from by_minute
),

minutes as (
    select
        regions.region,
        spine.day_number * 1440 + numbers.n as minute
    from regions
    cross join {{ ref('date_spine') }} as spine
    cross join {{ numbers(1440) }}
),

online as (
    select
        minutes.region,
        minutes.minute,
        cast(
            sum(coalesce(by_minute.change, 0)) over (partition by minutes.region order by minutes.minute) as bigint
        ) as sessions
    from minutes
    left join by_minute on minutes.region = by_minute.region and minutes.minute = by_minute.minute
)

select
    region,
    {{ quotient('minute % 1440', 60) }} as hour,
    {{ ratio(total('sessions'), 60) }} as mean_online,
    max(sessions) as peak_online,

    {{ days_after(first_day(), quotient('minute', 1440)) }} as day
from online
group by 1, 2, 5
