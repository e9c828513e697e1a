{{ config(enabled='session_ends' in var('tables') and 'bans' in var('tables')) }}

-- No session of a banned account starts at or after its ban.
select
    sessions.session_id,
    sessions.started_at,
    bans.event_ts as banned_at
from {{ ref('stg_bans') }} as bans
inner join {{ ref('stg_sessions') }} as sessions on bans.player_id = sessions.player_id
where (sessions.started_at < bans.event_ts) is not true
