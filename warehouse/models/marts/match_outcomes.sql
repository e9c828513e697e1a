{{ config(enabled='matches' in var('tables')) }}

select
    map,
    mode,
    end_reason,
    count(*) as matches,
    {{ count_where('has_winner') }} as won_matches,
    {{ total('players') }} as players,
    {{ total('kills') }} as kills,
    {{ total('length_s') }} as seconds,

    ended_on as day
from {{ ref('fact_matches') }}
group by map, mode, end_reason, ended_on
