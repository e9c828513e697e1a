{{ config(enabled='session_ends' in var('tables'), materialized='view') }}

-- On consecutive days the day and the number of the day grow together. A view: there are nearly as many runs of days as
-- days of play, and who asks for one player's gets them at once.
select
    player_id,

    cast(count(*) as integer) as days,

    min(day) as first_day,
    {{ month_of('min(day)') }} as month
from {{ ref('player_days') }}
group by player_id, {{ days_after('day', '-play_day') }}
