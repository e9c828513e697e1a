{#- No value is missing, but in the columns named. -#}
{% test complete(model, except=[]) %}
{%- set columns = adapter.get_columns_in_relation(model) if execute else [] -%}
select *
from {{ model }}
where
    false
    {%- for column in columns if column.name not in except %}
    or {{ adapter.quote(column.name) }} is null
    {%- endfor %}
{% endtest %}
