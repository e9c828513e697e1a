{{ config(enabled='maps' in var('tables')) }}

select
    map,
    extent_x_cm,
    extent_y_cm,
    relief_cm,
    places
from {{ source('run', 'maps') }}
