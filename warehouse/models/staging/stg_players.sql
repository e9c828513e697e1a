{{ config(enabled='players' in var('tables')) }}

select
    player_id,
    realm_id,

    country,
    region,
    device,
    platform,
    segment,

    installed_on
from {{ source('run', 'players') }}
