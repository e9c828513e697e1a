{{ config(enabled='session_ends' in var('tables')) }}

-- The seconds of a session's days sum to its length, and its kills and deaths are counted once.
with days as (
    select
        session_id,
        sum(seconds) as seconds,
        sum(kills) as kills,
        sum(deaths) as deaths,
        count(case when is_first_of_session then 1 end) as first_days
    from {{ ref('fact_play_days') }}
    group by session_id
)

select sessions.session_id
from {{ ref('fact_sessions') }} as sessions
full join days on sessions.session_id = days.session_id
where (
    sessions.event_length_s = days.seconds
    and sessions.kills = days.kills
    and sessions.deaths = days.deaths
    and days.first_days = 1
) is not true
