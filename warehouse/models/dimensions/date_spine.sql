-- Every day of the run, whether or not anybody played. Weeks and months say how many of their days the run has, because
-- the first and the last are seldom whole.
with days as (
    select {{ days_after(first_day(), 'n') }} as day
    from {{ numbers(var('days')) }}
)

select
    cast({{ days_between(first_day(), 'day') }} as integer) as day_number,
    {{ week_of('day') }} as week,
    {{ month_of('day') }} as month,
    {{ weekday_of("day") }} as weekday,
    cast(count(*) over (partition by {{ week_of('day') }}) as integer) as days_of_week_in_run,
    cast(count(*) over (partition by {{ month_of('day') }}) as integer) as days_of_month_in_run,

    day
from days
