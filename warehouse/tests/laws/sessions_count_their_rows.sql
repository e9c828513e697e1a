{%- set counted = [] -%}
{%- do counted.append(('purchases', 'stg_purchases', 'session_id')) if 'purchases' in var('tables') -%}
{%- do counted.append(('kills', 'stg_kills', 'killer_session')) if 'kills' in var('tables') -%}
{%- do counted.append(('deaths', 'stg_kills', 'victim_session')) if 'kills' in var('tables') -%}
{%- do counted.append(('matches', 'stg_participations', 'session_id')) if 'participations' in var('tables') -%}
{%- set has_heartbeats = (
    'heartbeats' in var('tables') and var('all_heartbeats') and 'heartbeats' not in var('large')
) -%}
{%- do counted.append(('heartbeats', 'stg_heartbeats', 'session_id')) if has_heartbeats -%}
{{ config(enabled='session_ends' in var('tables') and counted | length > 0) }}

-- What a session counts are rows of other tables, and every row there is counted by a session.
{% for column, model, session in counted %}
select
    '{{ column }}' as counted,
    coalesce(sessions.session_id, rows_of_session.session_id) as session_id,
    sessions.{{ column }} as in_session,
    rows_of_session.row_count
from (
    select session_id, {{ column }} from {{ ref('stg_sessions') }} where {{ column }} <> 0
) as sessions
full join (
    select {{ session }} as session_id, count(*) as row_count from {{ ref(model) }} group by {{ session }}
) as rows_of_session
    on sessions.session_id = rows_of_session.session_id
where (sessions.{{ column }} = rows_of_session.row_count) is not true
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
