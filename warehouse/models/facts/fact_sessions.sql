{{ config(
    enabled='session_ends' in var('tables'),
    materialized='view' if 'session_ends' in var('large') else 'table',
) }}

select
    session_id,
    player_id,
    realm_id,
    party_id,

    region,
    country,
    platform,
    device,
    client_version,
    event_length_s,
    heartbeats,
    matches,
    kills,
    deaths,
    purchases,
    end_reason,
    end_reason = 'run_end' as is_cut_by_run_end,

    started_at,
    event_ts,
    {{ day_of('started_at') }} as started_on,
    {{ day_before_end('event_ts') }} as ended_on
from {{ ref('stg_sessions') }}
