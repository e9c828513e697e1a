{%- set info = var('run_info') %}

select
    '{{ info.scenario | replace("'", "''") }}' as scenario,
    '{{ info.world_hash }}' as world_hash,
    cast({{ info.seed }} as bigint) as seed,
    cast({{ info.data_version }} as integer) as data_version,
    '{{ info.skirmish_version }}' as skirmish_version,
    '{{ var("run") | replace("'", "''") }}' as folder,
    '{{ var("tables") | join(" ") }}' as tables,
    cast({{ var('days') }} as integer) as days,

    {{ first_day() }} as first_day
