{{ config(
    enabled='matches' in var('tables'),
    materialized='view' if 'matches' in var('large') else 'table',
) }}

select
    match_id,
    realm_id,
    arena_id,

    region,
    map,
    mode,
    teams,
    players,
    kills,
    winner_team,
    end_reason,
    {{ seconds_between('started_at', 'ended_at') }} as length_s,
    winner_team is not null as has_winner,

    started_at,
    ended_at,
    {{ day_of('started_at') }} as started_on,
    {{ day_before_end('ended_at') }} as ended_on
from {{ ref('stg_matches') }}
