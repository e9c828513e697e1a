{{ config(
    enabled='achievement_unlocks' in var('tables') and 'achievements' in var('tables') and 'session_ends' in var('tables')
) }}

-- How many of those who have played have unlocked each achievement, and how long it took them.
with

unlocked as (
    select
        unlocks.achievement,
        count(*) as players,
        {{ total(days_between('lifetime.first_day', day_of('unlocks.event_ts'))) }} as days_sum
    from {{ ref('stg_achievement_unlocks') }} as unlocks
    inner join {{ ref('player_lifetime') }} as lifetime on unlocks.player_id = lifetime.player_id
    group by unlocks.achievement
),

everybody as (
    select count(*) as players from {{ ref('player_lifetime') }}
),

counted as (
    select
        achievements.achievement,
        achievements.counts,
        achievements.threshold,
        everybody.players,
        unlocked.days_sum,
        coalesce(unlocked.players, 0) as unlocked
    from {{ ref('dim_achievements') }} as achievements
    cross join everybody
    left join unlocked on achievements.achievement = unlocked.achievement
)

select
    achievement,

    counts,
    threshold,
    cast(row_number() over (order by unlocked desc, achievement asc) as integer) as rarity_rank,
    players,
    unlocked,
    {{ ratio('unlocked', 'players') }} as unlock_share,
    {{ ratio('days_sum', 'unlocked') }} as mean_days_to_unlock
from counted
