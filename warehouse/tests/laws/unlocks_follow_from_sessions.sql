{{ config(
    enabled='session_ends' in var('tables') and 'achievement_unlocks' in var('tables') and 'achievements' in var('tables')
) }}

-- An achievement is unlocked by the session with which the player's count reaches its threshold, and by no other.
with

careers as (
    select
        session_id,
        player_id,
        matches,
        kills,
        purchases,
        sum(matches) over player as all_matches,
        sum(kills) over player as all_kills,
        sum(purchases) over player as all_purchases,
        count(*) over player as all_sessions
    from {{ ref('stg_sessions') }}
    where end_reason <> 'run_end'
    window player as (partition by player_id order by session_id rows between unbounded preceding and current row)
),

counts as (
    select
        careers.session_id,
        achievements.achievement,
        achievements.threshold,
        case achievements.counts
            when 'matches' then careers.all_matches
            when 'kills' then careers.all_kills
            when 'sessions' then careers.all_sessions
            else careers.all_purchases
        end as reached,
        case achievements.counts
            when 'matches' then careers.matches
            when 'kills' then careers.kills
            when 'sessions' then 1
            else careers.purchases
        end as added
    from careers
    cross join {{ ref('stg_achievements') }} as achievements
),

due as (
    select
        session_id,
        achievement,
        reached
    from counts
    where reached >= threshold and reached - added < threshold
)

select
    due.session_id as due_session,
    unlocks.session_id as unlocked_session,
    due.reached,
    unlocks.count
from due
full outer join {{ ref('stg_achievement_unlocks') }} as unlocks
    on due.session_id = unlocks.session_id and due.achievement = unlocks.achievement
where (due.reached = unlocks.count) is not true
