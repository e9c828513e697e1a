{{ config(enabled='session_ends' in var('tables'), materialized='view') }}

{%- set has_encounters = 'encounters' in var('tables') -%}
{%- set has_purchases = 'purchases' in var('tables') -%}

{#- A view: it would be as large as the sessions once more, and what is asked for are a few of them. #}
{% if has_encounters or has_purchases %}
with
{% endif %}
{% if has_encounters %}

sides as (
    select
        session_a as session_id,
        relation
    from {{ ref('fact_encounters') }}
    union all
    select
        session_b as session_id,
        relation
    from {{ ref('fact_encounters') }}
),

met as (
    select
        session_id,
        count(*) as encounters,
        {{ count_where("relation = 'allies'") }} as encounters_with_allies
    from sides
    group by session_id
){% if has_purchases %},{% endif %}
{% endif %}
{% if has_purchases %}

bought as (
    select
        session_id,
        {{ total('price_usd_cents') }} as usd_cents
    from {{ ref('fact_purchases') }}
    group by session_id
)
{% endif %}

select
    sessions.session_id,
    sessions.player_id,

    sessions.region,
    sessions.country,
    sessions.platform,
    sessions.event_length_s,
    sessions.matches,
    sessions.kills,
    sessions.deaths,
    {{ ratio('sessions.kills', 'sessions.deaths') }} as kd_ratio,
    {% if has_encounters %}
    coalesce(met.encounters, 0) as encounters,
    coalesce(met.encounters_with_allies, 0) as encounters_with_allies,
    {% endif %}
    sessions.purchases,
    {% if has_purchases %}
    coalesce(bought.usd_cents, 0) as usd_cents,
    {% endif %}
    sessions.end_reason,

    sessions.started_at,
    sessions.event_ts,
    sessions.started_on
from {{ ref('fact_sessions') }} as sessions
{% if has_encounters %}
left join met on sessions.session_id = met.session_id
{% endif %}
{% if has_purchases %}
left join bought on sessions.session_id = bought.session_id
{% endif %}
