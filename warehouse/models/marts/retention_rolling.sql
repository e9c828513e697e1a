{{ config(enabled='players' in var('tables') and 'session_ends' in var('tables')) }}

-- Retained at an age are those whose last day of play is no earlier: what is added up from the oldest age down.
with

last_played as (
    select
        players.installed_on,
        {{ days_between('players.installed_on', 'lifetime.last_day') }} as age_days,
        count(*) as players
    from {{ ref('player_lifetime') }} as lifetime
    inner join {{ ref('stg_players') }} as players on lifetime.player_id = players.player_id
    group by 1, 2
),

retained as (
    select
        ages.installed_on,
        ages.players,
        ages.age_days,
        cast(
            sum(coalesce(last_played.players, 0))
                over (partition by ages.installed_on order by ages.age_days desc)
            as bigint
        ) as retained_players
    from {{ ref('cohort_ages') }} as ages
    left join last_played on ages.installed_on = last_played.installed_on and ages.age_days = last_played.age_days
)

select
    age_days,
    players,
    retained_players,
    {{ ratio('retained_players', 'players') }} as retained_share,

    installed_on
from retained
