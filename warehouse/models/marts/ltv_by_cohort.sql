{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables') and 'players' in var('tables')) }}

-- Cohorts of a week of installations, each at ages that its youngest members have reached within the run.
with

weeks as (
    select
        {{ week_of('installed_on') }} as installed_week,
        {{ total('players') }} as players,
        min(oldest_age_days) as oldest_age_days
    from {{ ref('cohorts') }}
    group by 1
),

spent as (
    select
        {{ week_of('players.installed_on') }} as installed_week,
        {{ days_between('players.installed_on', 'purchases.purchased_on') }} as age_days,
        {{ total('purchases.price_usd_cents') }} as usd_cents
    from {{ ref('fact_purchases') }} as purchases
    inner join {{ ref('stg_players') }} as players on purchases.player_id = players.player_id
    where players.installed_on >= {{ first_day() }}
    group by 1, 2
),

ages as (
    {% for age in revenue_ages() %}
    select {{ age }} as age_days
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
),

sums as (
    select
        weeks.installed_week,
        ages.age_days,
        weeks.players,
        {{ total('coalesce(spent.usd_cents, 0)') }} as usd_cents
    from weeks
    inner join ages on weeks.oldest_age_days >= ages.age_days
    left join spent on weeks.installed_week = spent.installed_week and ages.age_days >= spent.age_days
    group by weeks.installed_week, ages.age_days, weeks.players
)

select
    age_days,
    players,
    usd_cents,
    {{ ratio('usd_cents', 'players') }} as ltv_usd_cents,

    installed_week
from sums
