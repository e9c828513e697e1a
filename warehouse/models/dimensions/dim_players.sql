{{ config(enabled='players' in var('tables')) }}

{%- set has_play = 'session_ends' in var('tables') -%}
{%- set has_purchases = has_play and 'purchases' in var('tables') %}

-- Who a player is by profile, and what their whole life in the run makes of them.
select
    players.player_id,
    players.realm_id,

    players.country,
    players.region,
    players.device,
    players.platform,
    players.segment,
    players.installed_on < {{ first_day() }} as is_installed_before_run,
    {% if has_play %}
    lifetime.player_id is not null as has_played,
    coalesce(lifetime.play_days, 0) as play_days,
    {% endif %}
    {% if has_purchases %}
    coalesce(lifetime.purchases, 0) > 0 as is_payer,
    {% endif %}

    {% if has_play %}
    lifetime.first_day as first_play_day,
    lifetime.last_day as last_play_day,
    {% endif %}
    players.installed_on,
    {{ week_of('players.installed_on') }} as installed_week,
    {{ month_of('players.installed_on') }} as installed_month
from {{ ref('stg_players') }} as players
{% if has_play %}
left join {{ ref('player_lifetime') }} as lifetime on players.player_id = lifetime.player_id
{% endif %}
