{{ config(enabled='session_ends' in var('tables')) }}

{%- set has_kills = 'kills' in var('tables') -%}
{%- set has_truth = 'truth_players' in var('tables') %}

{% if has_kills %}

with shots as (
    select
        killer_id as player_id,
        count(*) as kills,
        {{ count_where('is_headshot') }} as headshots,
        {{ total('distance_cm') }} as distance_sum_cm
    from {{ ref('fact_kills') }}
    group by killer_id
)
{% endif %}

select
    lifetime.player_id,

    lifetime.sessions,
    lifetime.seconds,
    {{ ratio('lifetime.seconds', 'lifetime.play_days') }} as seconds_per_play_day,
    lifetime.longest_session_s,
    lifetime.most_seconds_a_day,
    lifetime.most_sessions_a_day,
    lifetime.kills,
    lifetime.deaths,
    lifetime.kd_ratio,
    {% if has_kills %}
    {{ ratio('shots.headshots', 'shots.kills') }} as headshot_share,
    {{ ratio('shots.distance_sum_cm', 'shots.kills') }} as mean_kill_distance_cm,
    {% endif %}
    {% if has_truth %}
    truth.archetype as truth_archetype,
    truth.skill_milli as truth_skill_milli,
    truth.engagement_milli as truth_engagement_milli,
    {% endif %}
    {{ ratio('3600 * lifetime.kills', 'lifetime.seconds') }} as kills_per_hour
from {{ ref('player_lifetime') }} as lifetime
{% if has_kills %}
left join shots on lifetime.player_id = shots.player_id
{% endif %}
{% if has_truth %}
left join {{ ref('stg_truth_players') }} as truth on lifetime.player_id = truth.player_id
{% endif %}
