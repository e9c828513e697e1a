{{ config(enabled='session_ends' in var('tables')) }}

-- However play is cut up, it is the same play.
with sums as (
    select 'fact_sessions' as model, sum(event_length_s) as seconds, sum(kills) as kills from {{ ref('fact_sessions') }}
    union all
    select 'player_days', sum(seconds), sum(kills) from {{ ref('player_days') }}
    union all
    select 'player_lifetime', sum(seconds), sum(kills) from {{ ref('player_lifetime') }}
    union all
    select 'play_by_day', sum(seconds), sum(kills) from {{ ref('play_by_day') }}
    {% if 'players' in var('tables') %}
    union all
    select 'players_by_day', sum(seconds), sum(kills) from {{ ref('players_by_day') }}
    {% endif %}
)

select sums.*
from sums
cross join (select sum(event_length_s) as seconds, sum(kills) as kills from {{ ref('fact_sessions') }}) as truth
where (
    coalesce(sums.seconds, 0) = coalesce(truth.seconds, 0) and coalesce(sums.kills, 0) = coalesce(truth.kills, 0)
) is not true
