{{ config(enabled='matches' in var('tables')) }}

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

    started_at,
    ended_at,
    date as filed_on
from {{ source('run', 'matches') }}
