{{ config(enabled=(
    'encounters' in var('tables') and 'heartbeats' in var('tables') and var('all_heartbeats')
    and 'heartbeats' not in var('large')
)) }}

{%- set columns = [
    'match_id', 'player_a', 'player_b', 'session_a', 'session_b', 'team_a', 'team_b', 'relation', 'contact_beats',
    'near_beats', 'min_distance_cm', 'x_cm', 'y_cm', 'z_cm', 'started_at', 'ended_at', 'min_distance_at',
] + (['kills'] if 'kills' in var('tables') else []) %}

-- What the engine found and what SQL finds are the same rows, as often: all columns but the number of an encounter and
-- why it ended, which heartbeats do not tell.
with both_sides as (
    select {{ columns | join(', ') }}, 1 as side from {{ ref('fact_encounters') }}
    union all
    select {{ columns | join(', ') }}, -1 as side from {{ ref('encounters_from_heartbeats') }}
)

select {{ columns | join(', ') }}, sum(side) as surplus
from both_sides
group by {{ columns | join(', ') }}
having sum(side) <> 0
