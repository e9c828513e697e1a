{{ config(enabled='session_ends' in var('tables')) }}

-- Somebody dies of every kill. Per match if matches were written, and in total.
select 'sessions' as counted_in, sum(kills) as kills, sum(deaths) as deaths
from {{ ref('fact_sessions') }}
having sum(kills) <> sum(deaths)
{% if 'participations' in var('tables') %}
union all
select 'match ' || match_id, sum(kills), sum(deaths)
from {{ ref('fact_participations') }}
group by match_id
having sum(kills) <> sum(deaths)
{% endif %}
