{{ config(enabled='maps' in var('tables')) }}

select
    map,
    extent_x_cm,
    extent_y_cm,
    relief_cm,
    places,
    cast(extent_x_cm as bigint) * extent_y_cm as area_cm2
from {{ ref('stg_maps') }}
