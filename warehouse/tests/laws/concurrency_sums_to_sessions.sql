{{ config(enabled='session_ends' in var('tables')) }}

-- A session is online at as many whole minutes as lie from its start to before its end. Means are sixtieths, so they
-- are rounded to minutes again.
with

by_hour as (
    select
        region,
        sum(cast(round(mean_online * 60) as bigint)) as minutes
    from {{ ref('concurrency_by_region') }}
    group by region
),

by_session as (
    select
        region,
        sum(
            cast(ceil({{ seconds_between(first_day_start(), 'event_ts') }} / 60.0) as bigint)
            - cast(ceil({{ seconds_between(first_day_start(), 'started_at') }} / 60.0) as bigint)
        ) as minutes
    from {{ ref('fact_sessions') }}
    group by region
)

select
    by_session.region,
    by_session.minutes,
    by_hour.minutes as minutes_by_hour
from by_session
full join by_hour on by_session.region = by_hour.region
where (by_session.minutes = by_hour.minutes) is not true
