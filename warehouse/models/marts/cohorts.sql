{{ config(enabled='players' in var('tables')) }}

-- Those installed before the run have lived through days that nobody saw; they are in no cohort.
select
    count(*) as players,
    {{ days_between('installed_on', end_day()) }} - 1 as oldest_age_days,

    installed_on
from {{ ref('stg_players') }}
where installed_on >= {{ first_day() }} and installed_on < {{ end_day() }}
group by installed_on
