{{ config(enabled='session_ends' in var('tables') and 'players' in var('tables')) }}

{%- set has_purchases = 'purchases' in var('tables') -%}
{%- set has_truth = 'truth_events' in var('tables') -%}
{%- set has_traits = 'truth_players' in var('tables') -%}
{%- set has_bans = 'bans' in var('tables') -%}
{%- set has_careers = 'achievement_unlocks' in var('tables') and 'level_ups' in var('tables') -%}
{%- set taken_on = days_after(end_day(), -var('label_days')) %}

-- What was known of everybody who had played by the day on which features are taken; the labels are what came after it,
-- and what telemetry would never show.
with

known as (
    select
        player_id,
        count(*) as play_days,
        {{ count_where('day >= ' ~ days_after(taken_on, -7)) }} as play_days_7d,
        {{ count_where('day >= ' ~ days_after(taken_on, -28)) }} as play_days_28d,
        {{ total('case when day >= ' ~ days_after(taken_on, -28) ~ ' then sessions else 0 end') }} as sessions_28d,
        {{ total('case when day >= ' ~ days_after(taken_on, -28) ~ ' then seconds else 0 end') }} as seconds_28d,
        {{ total('case when day >= ' ~ days_after(taken_on, -28) ~ ' then kills else 0 end') }} as kills_28d,
        {{ total('case when day >= ' ~ days_after(taken_on, -28) ~ ' then deaths else 0 end') }} as deaths_28d,
        {{ total('seconds') }} as seconds,
        min(day) as first_day,
        max(day) as last_day
    from {{ ref('player_days') }}
    where day < {{ taken_on }}
    group by player_id
),

returned as (
    select distinct player_id
    from {{ ref('fact_play_days') }}
    where day >= {{ taken_on }} and is_first_of_session
)
{% if has_purchases %},

bought as (
    select
        player_id,
        count(*) as purchases,
        {{ total('price_usd_cents') }} as usd_cents
    from {{ ref('fact_purchases') }}
    where purchased_on < {{ taken_on }}
    group by player_id
)
{% endif %}
{% if has_careers %},

unlocked as (
    select
        player_id,
        count(*) as achievements
    from {{ ref('stg_achievement_unlocks') }}
    where {{ day_of('event_ts') }} < {{ taken_on }}
    group by player_id
),

levels as (
    select
        player_id,
        max(level) as level
    from {{ ref('stg_level_ups') }}
    where {{ day_of('event_ts') }} < {{ taken_on }}
    group by player_id
)
{% endif %},

gathered as (
    select party_id
    from {{ ref('fact_sessions') }}
    group by party_id
    having count(*) > 1
),

lost as (
    select
        sessions.player_id,
        {{ count_where('sessions.deaths > sessions.kills') }} as lost_sessions,
        {{ count_where('gathered.party_id is not null') }} as party_sessions
    from {{ ref('fact_sessions') }} as sessions
    left join gathered on sessions.party_id = gathered.party_id
    where {{ day_of('sessions.event_ts') }} < {{ taken_on }}
    group by sessions.player_id
)
{% if has_truth %},

churned as (
    select
        player_id,
        min({{ day_of('event_ts') }}) as day
    from {{ ref('stg_truth_events') }}
    where event in ('churned', 'gave_up')
    group by player_id
)
{% endif %}

select
    known.player_id,

    players.country,
    players.platform,
    {{ days_between('known.first_day', taken_on) }} as days_since_first_play,
    {{ days_between('known.last_day', taken_on) }} as days_since_last_play,
    known.play_days,
    known.play_days_7d,
    known.play_days_28d,
    known.sessions_28d,
    known.seconds,
    known.seconds_28d,
    known.kills_28d,
    known.deaths_28d,
    {% if has_purchases %}
    coalesce(bought.purchases, 0) as purchases,
    coalesce(bought.usd_cents, 0) as usd_cents,
    {% endif %}
    {% if has_careers %}
    coalesce(unlocked.achievements, 0) as achievements,
    coalesce(levels.level, 1) as level,
    {% endif %}
    coalesce(lost.lost_sessions, 0) as lost_sessions,
    coalesce(lost.party_sessions, 0) as party_sessions,
    {% if has_bans %}
    bans.player_id is not null as is_banned,
    {% endif %}
    returned.player_id is not null as label_has_returned,
    {% if has_truth %}
    churned.day is not null and churned.day < {{ taken_on }} as truth_has_churned,
    churned.day is not null and churned.day >= {{ taken_on }} as truth_churns_later,
    {% endif %}
    {% if has_traits %}
    truth.engagement_milli as truth_engagement_milli,
    truth.churn_ppm as truth_churn_ppm,
    {% endif %}

    {{ taken_on }} as taken_on
from known
inner join {{ ref('stg_players') }} as players on known.player_id = players.player_id
left join returned on known.player_id = returned.player_id
{% if has_purchases %}
left join bought on known.player_id = bought.player_id
{% endif %}
{% if has_careers %}
left join unlocked on known.player_id = unlocked.player_id
left join levels on known.player_id = levels.player_id
{% endif %}
left join lost on known.player_id = lost.player_id
{% if has_bans %}
left join {{ ref('stg_bans') }} as bans
    on known.player_id = bans.player_id and {{ day_of('bans.event_ts') }} < {{ taken_on }}
{% endif %}
{% if has_traits %}
left join {{ ref('stg_truth_players') }} as truth on known.player_id = truth.player_id
{% endif %}
{% if has_truth %}
left join churned on known.player_id = churned.player_id
{% endif %}
