{{ config(
    enabled='anticheat_flags' in var('tables') and 'bans' in var('tables') and 'truth_players' in var('tables')
        and 'truth_events' in var('tables')
) }}

-- The anti-cheat against the truth: of the accounts that each rule has flagged, how many have cheated, and how many of
-- those who have it found. An account counts once for each rule.
with

began as (
    select player_id
    from {{ ref('stg_truth_events') }}
    where event = 'began_cheating'
),

guilty as (
    select count(*) as players from began
),

flagged as (
    select distinct
        rule,
        player_id
    from {{ ref('stg_anticheat_flags') }}
    union all
    select distinct
        'any' as rule,
        player_id
    from {{ ref('stg_anticheat_flags') }}
    union all
    select
        'ban' as rule,
        player_id
    from {{ ref('stg_bans') }}
),

counted as (
    select
        flagged.rule,
        count(*) as players,
        {{ count_where('began.player_id is not null') }} as cheaters
    from flagged
    left join began on flagged.player_id = began.player_id
    group by flagged.rule
)

select
    counted.rule,

    counted.players,
    counted.cheaters,
    guilty.players as all_cheaters,
    {{ ratio('counted.cheaters', 'counted.players') }} as precision_share,
    {{ ratio('counted.cheaters', 'guilty.players') }} as recall_share
from counted
cross join guilty
