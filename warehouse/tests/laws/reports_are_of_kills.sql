{{ config(enabled='reports' in var('tables') and 'kills' in var('tables')) }}

-- A report is by the victim of a kill, against its killer, at its moment.
select
    reports.kill_id,
    reports.reporter_id,
    reports.reported_id
from {{ ref('stg_reports') }} as reports
left join {{ ref('stg_kills') }} as kills on reports.kill_id = kills.kill_id
where (
    reports.reporter_id = kills.victim_id
    and reports.reported_id = kills.killer_id
    and reports.reported_session = kills.killer_session
    and reports.match_id = kills.match_id
    and reports.event_ts = kills.event_ts
) is not true
