{{ config(enabled='players' in var('tables') and 'session_ends' in var('tables')) }}

-- A player counts once a bracket: by the last day of play in it.
with

ages as (
    select
        players.installed_on,
        {{ bracket_of(days_between('players.installed_on', 'play.day')) }} as first_age_days,
        {{ bracket_of(days_between('players.installed_on', 'play.next_day')) }} as next_first_age_days
    from {{ ref('player_days') }} as play
    inner join {{ ref('stg_players') }} as players on play.player_id = players.player_id
),

retained as (
    select
        installed_on,
        first_age_days,
        count(*) as players
    from ages
    where next_first_age_days is null or next_first_age_days <> first_age_days
    group by installed_on, first_age_days
),

brackets as (
    {% for first, last in brackets() %}
    select {{ first }} as first_age_days, {{ last }} as last_age_days
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
)

-- Only brackets that the run saw to their end.
select
    brackets.first_age_days,
    brackets.last_age_days,
    cohorts.players,
    coalesce(retained.players, 0) as retained_players,
    {{ ratio('coalesce(retained.players, 0)', 'cohorts.players') }} as retained_share,

    cohorts.installed_on
from {{ ref('cohorts') }} as cohorts
inner join brackets on brackets.last_age_days <= cohorts.oldest_age_days
left join retained
    on cohorts.installed_on = retained.installed_on and brackets.first_age_days = retained.first_age_days
