{{ config(
    enabled='heartbeats' in var('tables') and var('all_heartbeats'),
    materialized='view',
) }}

{%- set cell = [var('radius_cm'), var('exit_radius_cm')] | max -%}
{%- set pairs_that_count = {
    'any': 'team_a is not null',
    'opponents': 'team_a <> team_b',
    'allies': 'team_a = team_b',
}[var('relation')] -%}
{%- set has_kills = 'kills' in var('tables') %}

-- Encounters by their definition, without the engine: a view, to be compared with fact_encounters and to be read.
--
-- Whoever is near somebody stands in the same cell of a grid as wide as the larger radius, or in one of the eight
-- around it. So everybody is looked for in nine cells, and a join on equality of match, time and cell finds all pairs.
with

placed as (
    select
        session_id,
        player_id,
        match_id,
        team_id,
        event_ts,
        cast(position_x_cm as bigint) as x,
        cast(position_y_cm as bigint) as y,
        cast(position_z_cm as bigint) as z,
        cast(floor(position_x_cm / {{ cell }}) as integer) as cell_x,
        cast(floor(position_y_cm / {{ cell }}) as integer) as cell_y
    from {{ ref('stg_heartbeats') }}
),

three as (
    select n
    from {{ numbers(3) }}
),

steps as (
    select
        across.n - 1 as step_x,
        down.n - 1 as step_y
    from three as across
    cross join three as down
),

looked_for as (
    select
        placed.*,
        placed.cell_x + steps.step_x as seen_x,
        placed.cell_y + steps.step_y as seen_y
    from placed
    cross join steps
),

pairs as (
    select
        a.match_id,
        a.event_ts,
        a.player_id as player_a,
        b.player_id as player_b,
        a.session_id as session_a,
        b.session_id as session_b,
        a.team_id as team_a,
        b.team_id as team_b,
        (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) + (a.z - b.z) * (a.z - b.z) as distance_2,
        cast(floor((a.x + b.x) / 2) as integer) as x_cm,
        cast(floor((a.y + b.y) / 2) as integer) as y_cm,
        cast(floor((a.z + b.z) / 2) as integer) as z_cm
    from placed as a
    inner join looked_for as b
        on
            a.match_id = b.match_id
            and a.event_ts = b.event_ts
            and a.cell_x = b.seen_x
            and a.cell_y = b.seen_y
            and a.session_id < b.session_id
),

near as (
    select
        *,
        distance_2 <= cast({{ var('radius_cm') }} as bigint) * {{ var('radius_cm') }} as is_contact
    from pairs
    where
        distance_2 <= cast({{ var('exit_radius_cm') }} as bigint) * {{ var('exit_radius_cm') }}
        and {{ pairs_that_count }}
),

gaps as (
    select
        *,
        {{ seconds_between(
            'lag(event_ts) over (partition by match_id, session_a, session_b order by event_ts)', 'event_ts'
        ) }} as gap_s
    from near
),

runs as (
    select
        *,
        sum(case when gap_s <= {{ var('merge_gap_s') }} then 0 else 1 end)
            over (partition by match_id, session_a, session_b order by event_ts) as run
    from gaps
),

-- Contacts start encounters: what was merely near before the first one is not part of it.
open as (
    select
        *,
        min(case when is_contact then event_ts end)
            over (partition by match_id, session_a, session_b, run) as started_at
    from runs
),

ranked as (
    select
        *,
        row_number() over (
            partition by match_id, session_a, session_b, run order by distance_2, event_ts
        ) as nearness
    from open
    where event_ts >= started_at
),

episodes as (
    select
        match_id,
        player_a,
        player_b,
        session_a,
        session_b,
        team_a,
        team_b,
        started_at,
        max(event_ts) as ended_at,
        cast(count(case when is_contact then 1 end) as integer) as contact_beats,
        cast(count(*) as integer) as near_beats,
        cast(floor(sqrt(min(distance_2))) as integer) as min_distance_cm,
        max(case when nearness = 1 then event_ts end) as min_distance_at,
        max(case when nearness = 1 then x_cm end) as x_cm,
        max(case when nearness = 1 then y_cm end) as y_cm,
        max(case when nearness = 1 then z_cm end) as z_cm
    from ranked
    group by match_id, player_a, player_b, session_a, session_b, team_a, team_b, run, started_at
)
{% if has_kills %},

-- A kill belongs to the heartbeat before it.
killed as (
    select
        episodes.match_id,
        episodes.session_a,
        episodes.session_b,
        episodes.started_at,
        cast(count(*) as integer) as kills
    from episodes
    inner join {{ ref('fact_kills') }} as kills
        on
            episodes.match_id = kills.match_id
            and episodes.session_a = least(kills.killer_session, kills.victim_session)
            and episodes.session_b = greatest(kills.killer_session, kills.victim_session)
            and kills.event_ts >= episodes.started_at
            and kills.event_ts < episodes.ended_at + interval {{ var('heartbeat_s') }} second
    group by episodes.match_id, episodes.session_a, episodes.session_b, episodes.started_at
)
{% endif %}

select
    episodes.match_id,
    episodes.player_a,
    episodes.player_b,
    episodes.session_a,
    episodes.session_b,
    episodes.team_a,
    episodes.team_b,

    case when episodes.team_a = episodes.team_b then 'allies' else 'opponents' end as relation,
    episodes.contact_beats,
    episodes.near_beats,
    episodes.min_distance_cm,
    episodes.x_cm,
    episodes.y_cm,
    episodes.z_cm,
    {% if has_kills %}
    coalesce(killed.kills, 0) as kills,
    {% endif %}

    episodes.started_at,
    episodes.ended_at,
    episodes.min_distance_at
from episodes
{% if has_kills %}
left join killed
    on
        episodes.match_id = killed.match_id
        and episodes.session_a = killed.session_a
        and episodes.session_b = killed.session_b
        and episodes.started_at = killed.started_at
{% endif %}
