{{ config(enabled='session_ends' in var('tables') and 'players' in var('tables')) }}

-- Small enough to be read whole by a dashboard that filters by day, region and segment. There are few kinds of
-- players, and days of play are far sooner grouped by the number of a kind than by four names.
with

kinds as (
    select
        region,
        country,
        platform,
        segment,
        row_number() over (order by region, country, platform, segment) as kind
    from {{ ref('stg_players') }}
    group by region, country, platform, segment
),

players as (
    select
        stg_players.player_id,
        kinds.kind
    from {{ ref('stg_players') }} as stg_players
    inner join kinds
        on
            stg_players.region = kinds.region
            and stg_players.country = kinds.country
            and stg_players.platform = kinds.platform
            and stg_players.segment = kinds.segment
),

by_kind as (
    select
        players.kind,
        count(*) as players,
        {{ total('play.sessions') }} as sessions,
        {{ total('play.seconds') }} as seconds,
        {{ total('play.kills') }} as kills,
        {{ total('play.deaths') }} as deaths,
        play.day
    from {{ ref('player_days') }} as play
    inner join players on play.player_id = players.player_id
    group by players.kind, play.day
)

select
    kinds.region,
    kinds.country,
    kinds.platform,
    kinds.segment,
    by_kind.players,
    by_kind.sessions,
    by_kind.seconds,
    by_kind.kills,
    by_kind.deaths,

    by_kind.day
from by_kind
inner join kinds on by_kind.kind = kinds.kind
