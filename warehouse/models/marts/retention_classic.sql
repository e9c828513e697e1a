{{ config(enabled='players' in var('tables') and 'session_ends' in var('tables')) }}

with retained as (
    select
        players.installed_on,
        {{ days_between('players.installed_on', 'play.day') }} as age_days,
        count(*) as players
    from {{ ref('player_days') }} as play
    inner join {{ ref('stg_players') }} as players on play.player_id = players.player_id
    group by 1, 2
)

select
    ages.age_days,
    ages.players,
    coalesce(retained.players, 0) as retained_players,
    {{ ratio('coalesce(retained.players, 0)', 'ages.players') }} as retained_share,

    ages.installed_on
from {{ ref('cohort_ages') }} as ages
left join retained on ages.installed_on = retained.installed_on and ages.age_days = retained.age_days
