{{ config(enabled='session_ends' in var('tables')) }}

{{ actives_of_calendar('month', month_of) }}
