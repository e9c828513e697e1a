{{ config(enabled='session_ends' in var('tables')) }}

{%- set has_purchases = 'purchases' in var('tables') %}

with

played as (
    select
        player_id,
        count(*) as sessions,
        {{ total('event_length_s') }} as seconds,
        {{ total('kills') }} as kills,
        {{ total('deaths') }} as deaths,
        {{ total('matches') }} as matches,
        max(event_length_s) as longest_session_s
    from {{ ref('fact_sessions') }}
    group by player_id
),

days as (
    select
        player_id,
        cast(count(*) as integer) as play_days,
        cast(max(seconds) as integer) as most_seconds_a_day,
        cast(max(sessions) as integer) as most_sessions_a_day,
        min(day) as first_day,
        max(day) as last_day
    from {{ ref('player_days') }}
    group by player_id
)
{% if has_purchases %},

bought as (
    select
        player_id,
        count(*) as purchases,
        {{ total('price_usd_cents') }} as usd_cents
    from {{ ref('fact_purchases') }}
    group by player_id
)
{% endif %}

select
    played.player_id,

    played.sessions,
    played.seconds,
    days.play_days,
    played.matches,
    played.kills,
    played.deaths,
    {{ ratio('played.kills', 'played.deaths') }} as kd_ratio,
    {% if has_purchases %}
    coalesce(bought.purchases, 0) as purchases,
    coalesce(bought.usd_cents, 0) as usd_cents,
    {% endif %}
    played.longest_session_s,
    days.most_seconds_a_day,
    days.most_sessions_a_day,

    days.first_day,
    days.last_day
from played
inner join days on played.player_id = days.player_id
{% if has_purchases %}
left join bought on played.player_id = bought.player_id
{% endif %}
