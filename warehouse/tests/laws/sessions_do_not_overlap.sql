{{ config(enabled='session_ends' in var('tables')) }}

-- A player is in one session at a time; one may start in the second in which the last one ended.
with following as (
    select
        session_id,
        event_ts,
        lead(started_at) over (partition by player_id order by started_at, session_id) as next_started_at
    from {{ ref('fact_sessions') }}
)

select session_id
from following
where next_started_at < event_ts
