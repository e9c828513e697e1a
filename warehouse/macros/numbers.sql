{#- A share or a mean of whole numbers: a double, missing where there is nothing to share. -#}
{% macro ratio(part, whole) %}(cast(({{ part }}) as double) / nullif({{ whole }}, 0)){% endmacro %}

{#- A sum of whole numbers as a whole number of 64 bits: engines differ in what they widen to. -#}
{% macro total(value) %}cast(sum({{ value }}) as bigint){% endmacro %}

{#- Rows for which something holds, as a whole number. -#}
{% macro count_where(condition) %}cast(count(case when {{ condition }} then 1 end) as bigint){% endmacro %}

{#- Whole numbers divided and rounded down. -#}
{% macro quotient(value, divisor) %}{{ return(adapter.dispatch('quotient')(value, divisor)) }}{% endmacro %}
{% macro duckdb__quotient(value, divisor) %}(({{ value }}) // ({{ divisor }})){% endmacro %}
{% macro spark__quotient(value, divisor) %}cast(floor(({{ value }}) / ({{ divisor }})) as integer){% endmacro %}

{#- Text as a literal, whatever is in it. -#}
{% macro literal(text) %}{{ return(adapter.dispatch('literal')(text)) }}{% endmacro %}
{% macro duckdb__literal(text) %}'{{ text | replace("'", "''") }}'{% endmacro %}
{% macro spark__literal(text) %}'{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'{% endmacro %}
