{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables') and 'players' in var('tables')) }}

-- Who of those installed within the run becomes a payer, by month and platform; only accounts whose first 30 days lie
-- within the run, so that all had the same time.
with

seen as (
    select
        player_id,
        platform,
        installed_on
    from {{ ref('stg_players') }}
    where installed_on >= {{ first_day() }} and {{ days_after('installed_on', 30) }} <= {{ end_day() }}
),

firsts as (
    select
        player_id,
        min(purchased_on) as paid_on
    from {{ ref('fact_purchases') }}
    group by player_id
),

aged as (
    select
        seen.platform,
        {{ month_of('seen.installed_on') }} as installed_month,
        {{ days_between('seen.installed_on', 'firsts.paid_on') }} as age_days
    from seen
    left join firsts on seen.player_id = firsts.player_id
)

select
    platform,

    count(*) as players,
    {{ count_where('age_days = 0') }} as payers_d0,
    {{ count_where('age_days < 7') }} as payers_d7,
    {{ count_where('age_days < 30') }} as payers_d30,
    {{ ratio(count_where('age_days < 30'), 'count(*)') }} as payer_share_d30,

    installed_month
from aged
group by installed_month, platform
