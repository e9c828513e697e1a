{{ config(enabled='players' in var('tables'), materialized='view') }}

-- What shares of retention are shares of: every age that a cohort has reached within the run.
select
    spine.day_number as age_days,
    cohorts.players,

    cohorts.installed_on
from {{ ref('cohorts') }} as cohorts
inner join {{ ref('date_spine') }} as spine on spine.day_number <= cohorts.oldest_age_days
