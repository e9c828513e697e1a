{{ config(enabled='session_ends' in var('tables')) }}

{{ actives_of_calendar('week', week_of) }}
