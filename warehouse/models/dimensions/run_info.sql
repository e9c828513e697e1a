{%- set info = fromjson(env_var('SKIRMISH_WAREHOUSE_RUN_INFO', '{}')) %}

select
    {{ literal(info.scenario or '') }} as scenario,
    '{{ info.world_hash }}' as world_hash,
    cast({{ info.seed or 0 }} as bigint) as seed,
    cast({{ info.data_version or 0 }} as integer) as data_version,
    '{{ info.skirmish_version }}' as skirmish_version,
    {{ literal(run_folder()) }} as folder,
    '{{ var("tables") | join(" ") }}' as tables,
    cast({{ var('days') }} as integer) as days,

    {{ first_day() }} as first_day
