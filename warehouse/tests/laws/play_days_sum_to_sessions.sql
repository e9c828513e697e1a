{{ config(enabled='session_ends' in var('tables')) }}

{%- set is_large = 'session_ends' in var('large') %}

-- The seconds of a session's days sum to its length, its kills and deaths are counted once, and it has one first
-- day. Of very many sessions only those that go on over midnight are looked at one by one; the sums of all are, in
-- any case.
with both_sides as (
    select
        session_id,
        seconds,
        kills,
        deaths,
        case when is_first_of_session then 1 else 0 end as first_days
    from {{ ref('fact_play_days') }}
    {% if is_large %}
    where session_id in (select session_id from {{ ref('fact_sessions') }} where started_on <> ended_on)
    {% endif %}
    union all
    select
        session_id,
        -event_length_s,
        -kills,
        -deaths,
        -1
    from {{ ref('fact_sessions') }}
    {% if is_large %}
    where started_on <> ended_on
    {% endif %}
)

select session_id
from both_sides
group by session_id
having (sum(seconds) = 0 and sum(kills) = 0 and sum(deaths) = 0 and sum(first_days) = 0) is not true
