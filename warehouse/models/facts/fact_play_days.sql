{{ config(
    enabled='session_ends' in var('tables'),
    materialized='view' if 'session_ends' in var('large') else 'table',
) }}

-- Nearly every session lies within one day, so that only the few others are joined with the days they go on through.
with

within_a_day as (
    select
        session_id,
        player_id,
        region,
        country,
        platform,
        event_length_s as seconds,
        kills,
        deaths,
        true as is_first_of_session,
        true as is_first_of_month,
        started_on as day
    from {{ ref('fact_sessions') }}
    where started_on = ended_on
),

over_days as (
    select
        sessions.session_id,
        sessions.player_id,
        sessions.region,
        sessions.country,
        sessions.platform,
        {{ seconds_between(
            'greatest(sessions.started_at, cast(days.day as timestamp))',
            'least(sessions.event_ts, cast(' ~ days_after('days.day', 1) ~ ' as timestamp))',
        ) }} as seconds,
        case when days.day = sessions.started_on then sessions.kills else 0 end as kills,
        case when days.day = sessions.started_on then sessions.deaths else 0 end as deaths,
        days.day = sessions.started_on as is_first_of_session,
        days.day = sessions.started_on or days.day = days.month as is_first_of_month,
        days.day
    from {{ ref('fact_sessions') }} as sessions
    inner join {{ ref('date_spine') }} as days on days.day between sessions.started_on and sessions.ended_on
    where sessions.started_on <> sessions.ended_on
)

select * from within_a_day
union all
select * from over_days
