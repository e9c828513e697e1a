{{ config(enabled='rounds' in var('tables')) }}

select
    match_id,

    round,
    kills,
    survivors,
    winner_team,
    end_reason,

    started_at,
    ended_at,
    date as filed_on
from {{ source('run', 'rounds') }}
