{#- Days, weeks and months are UTC dates; weeks begin on Monday (ISO 8601). -#}

{% macro day_of(moment) %}cast({{ moment }} as date){% endmacro %}

{#- The day of the last second of something that ends at a moment: what ends at midnight belongs to the day before. -#}
{% macro day_before_end(moment) %}cast({{ moment }} - interval 1 second as date){% endmacro %}

{% macro week_of(day) %}cast(date_trunc('week', {{ day }}) as date){% endmacro %}

{% macro month_of(day) %}cast(date_trunc('month', {{ day }}) as date){% endmacro %}

{#- Seconds from one whole second to another. -#}
{% macro seconds_between(start, stop) %}{{ return(adapter.dispatch('seconds_between')(start, stop)) }}{% endmacro %}
{% macro duckdb__seconds_between(start, stop) %}cast(date_diff('second', {{ start }}, {{ stop }}) as integer){% endmacro %}

{#- Days from one date to another. -#}
{% macro days_between(start, stop) %}{{ return(adapter.dispatch('days_between')(start, stop)) }}{% endmacro %}
{% macro duckdb__days_between(start, stop) %}cast({{ stop }} - {{ start }} as integer){% endmacro %}

{% macro days_after(day, days) %}{{ return(adapter.dispatch('days_after')(day, days)) }}{% endmacro %}
{% macro duckdb__days_after(day, days) %}cast({{ day }} + cast({{ days }} as integer) as date){% endmacro %}

{#- The run's days: half open, from the first to the one after the last. -#}
{% macro first_day() %}cast('{{ var("first_day") }}' as date){% endmacro %}
{% macro end_day() %}{{ days_after(first_day(), var('days')) }}{% endmacro %}

{#- Whole numbers from 0 to n - 1, in a column named n. -#}
{% macro numbers(count) %}{{ return(adapter.dispatch('numbers')(count)) }}{% endmacro %}
{% macro duckdb__numbers(count) %}(select cast(range as integer) as n from range({{ count }})) as numbers{% endmacro %}

{#- 1 for Monday to 7 for Sunday. -#}
{% macro weekday_of(day) %}({{ days_between(week_of(day), day) }} + 1){% endmacro %}

{% macro first_day_start() %}cast({{ first_day() }} as timestamp){% endmacro %}

{#- The first whole minute from a moment on, counted from the start of the run. -#}
{% macro minute_from(moment) -%}
{{ quotient(seconds_between(first_day_start(), moment) ~ ' + 59', 60) }}
{%- endmacro %}

{#- How Spark says it. -#}
{% macro spark__seconds_between(start, stop) -%}
cast(timestampdiff(second, {{ start }}, {{ stop }}) as integer)
{%- endmacro %}
{% macro spark__days_between(start, stop) %}datediff({{ stop }}, {{ start }}){% endmacro %}
{% macro spark__days_after(day, days) %}date_add({{ day }}, cast({{ days }} as integer)){% endmacro %}
{% macro spark__numbers(count) %}(select cast(id as integer) as n from range({{ count }})) as numbers{% endmacro %}
