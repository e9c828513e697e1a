{{ config(enabled='matches' in var('tables') and 'participations' in var('tables')) }}

-- Players and kills of a match are those of its participations, and every participation is in a match.
with parts as (
    select
        match_id,
        count(*) as players,
        sum(kills) as kills,
        count(distinct case when won then team_id end) as winners
    from {{ ref('fact_participations') }}
    group by match_id
)

select coalesce(matches.match_id, parts.match_id) as match_id
from {{ ref('fact_matches') }} as matches
full join parts on matches.match_id = parts.match_id
where (matches.players = parts.players and matches.kills = parts.kills and parts.winners <= 1) is not true
