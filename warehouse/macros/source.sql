{#- A table of the run: its Parquet files, wherever the run is. Facts have a folder a day, whose name becomes a column. -#}
{% macro source(source_name, table_name) %}
    {#- The call that dbt draws its lineage from. -#}
    {%- set relation = builtins.source(source_name, table_name) -%}
    {{ return(adapter.dispatch('parquet_files')(table_name, is_fact(table_name))) }}
{% endmacro %}

{#- Where the run is. Not a variable: dbt would read braces in them as a template. -#}
{% macro run_folder() %}{{ return(env_var('SKIRMISH_WAREHOUSE_RUN', '.')) }}{% endmacro %}

{% macro is_fact(table_name) %}
    {{ return(table_name in [
        'heartbeats', 'session_ends', 'purchases', 'encounters', 'encounters_swept', 'encounters_team',
        'encounters_group', 'kills', 'matches', 'rounds', 'participations', 'achievement_unlocks', 'level_ups', 'reports',
        'anticheat_flags', 'bans', 'heartbeats_received', 'truth_defects', 'truth_events',
    ]) }}
{% endmacro %}

{% macro duckdb__parquet_files(table_name, in_days) %}
    {#- Brackets, stars and question marks of the folder's own name are no patterns. -#}
    {%- set folder = modules.re.sub('([\[*?])', '[\\1]', run_folder()) | replace("'", "''") -%}
    {%- if in_days and '=' in folder -%}
        {#- DuckDB would take name=value of any folder above for a column, in the place of the file's own. -#}
        {{ return("(select *, cast(regexp_extract(filename, 'date=([0-9-]{10})/[^/]*$', 1) as date) as date "
            ~ "from read_parquet('" ~ folder ~ "/tables/" ~ table_name ~ "/*/*.parquet', "
            ~ "filename = true, hive_partitioning = false))") }}
    {%- elif in_days -%}
        {{ return("read_parquet('" ~ folder ~ "/tables/" ~ table_name ~ "/*/*.parquet', "
            ~ "hive_partitioning = true, hive_types = {'date': date})") }}
    {%- else -%}
        {{ return("read_parquet('" ~ folder ~ "/tables/" ~ table_name ~ "/*.parquet', hive_partitioning = false)") }}
    {%- endif -%}
{% endmacro %}

{% macro spark__parquet_files(table_name, in_days) %}
    {#- Registered before dbt starts. -#}
    {{ return('run.' ~ table_name) }}
{% endmacro %}
