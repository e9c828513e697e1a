{{ config(enabled='session_ends' in var('tables')) }}

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

    started_at,
    event_ts,
    date as filed_on
from {{ source('run', 'session_ends') }}
