{{ config(enabled='regions' in var('tables')) }}

select
    regions.region,
    regions.share_ppm
    {%- if 'countries' in var('tables') %},
    cast(count(countries.country) as integer) as countries
    {%- endif %}
from {{ ref('stg_regions') }} as regions
{%- if 'countries' in var('tables') %}
left join {{ ref('stg_countries') }} as countries on regions.region = countries.region
group by regions.region, regions.share_ppm
{%- endif %}
