{#- Days since installation that brackets of retention are made of: first and last, both included. -#}
{% macro brackets() %}
    {{ return([(0, 0), (1, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, 60), (61, 90), (91, 180), (181, 365), (366, 730)]) }}
{% endmacro %}

{#- First day of the bracket that an age in days lies in. -#}
{% macro bracket_of(age) %}
case
    {%- for first, last in brackets() | reverse %}
    when {{ age }} >= {{ first }} then {{ first }}
    {%- endfor %}
end
{%- endmacro %}

{#- Ages in days at which revenue of a cohort is summed up. -#}
{% macro revenue_ages() %}{{ return([0, 1, 3, 7, 14, 30, 60, 90, 180, 365, 730]) }}{% endmacro %}
