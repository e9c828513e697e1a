{{ config(enabled='sales' in var('tables')) }}

select
    sale,
    starts_on,
    ends_on,
    discount_ppm,
    demand_ppm
from {{ ref('stg_sales') }}
