{{ config(enabled='encounters' in var('tables') and 'kills' in var('tables')) }}

-- The kills that an encounter counts are those that carry its number; 0 is the number of none.
select
    coalesce(encounters.encounter_id, killed.encounter_id) as encounter_id,
    encounters.kills,
    killed.kills as kill_rows
from (
    select encounter_id, kills from {{ ref('stg_encounters') }} where kills <> 0
) as encounters
full join (
    select encounter_id, count(*) as kills from {{ ref('stg_kills') }} where encounter_id <> 0 group by encounter_id
) as killed
    on encounters.encounter_id = killed.encounter_id
where (encounters.kills = killed.kills) is not true
