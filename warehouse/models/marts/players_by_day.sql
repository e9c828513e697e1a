{{ config(enabled='session_ends' in var('tables') and 'players' in var('tables')) }}

-- Small enough to be read whole by a dashboard that filters by day, region and segment.
select
    players.region,
    players.country,
    players.platform,
    players.segment,
    count(*) as players,
    {{ total('play.sessions') }} as sessions,
    {{ total('play.seconds') }} as seconds,
    {{ total('play.kills') }} as kills,
    {{ total('play.deaths') }} as deaths,

    play.day
from {{ ref('player_days') }} as play
inner join {{ ref('stg_players') }} as players on play.player_id = players.player_id
group by players.region, players.country, players.platform, players.segment, play.day
