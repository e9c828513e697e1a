{{ config(enabled='anticheat_flags' in var('tables') and 'bans' in var('tables')) }}

-- Whoever is banned was flagged before, by the rule that the ban names.
select
    bans.player_id,
    bans.rule,
    bans.event_ts
from {{ ref('stg_bans') }} as bans
left join {{ ref('stg_anticheat_flags') }} as flags
    on bans.player_id = flags.player_id and bans.rule = flags.rule and bans.event_ts > flags.event_ts
where flags.player_id is null
