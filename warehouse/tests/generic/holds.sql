{#- A condition holds for every row; unknown is broken. -#}
{% test holds(model, law) %}
select *
from {{ model }}
where ({{ law }}) is not true
{% endtest %}
