{{ config(enabled='countries' in var('tables') and 'currencies' in var('tables')) }}

select
    countries.region,
    countries.country,
    countries.utc_offset_minutes,
    countries.currency,
    currencies.digits as currency_digits,
    currencies.per_usd_micros as currency_per_usd_micros
from {{ ref('stg_countries') }} as countries
left join {{ ref('stg_currencies') }} as currencies on countries.currency = currencies.currency
