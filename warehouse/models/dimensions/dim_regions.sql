{{ config(enabled='regions' in var('tables')) }}

{%- set has_countries = 'countries' in var('tables') %}

select
    regions.region,
    {% if has_countries %}
    cast(count(countries.country) as integer) as countries,
    {% endif %}
    regions.share_ppm
from {{ ref('stg_regions') }} as regions
{% if has_countries %}
left join {{ ref('stg_countries') }} as countries on regions.region = countries.region
group by regions.region, regions.share_ppm
{% endif %}
