{{ config(enabled='purchases' in var('tables') and 'session_ends' in var('tables')) }}

-- Gini coefficient over payers, by Sen's formula for ranks from the largest: (n + 1 - 2 * sum(rank * x) / sum(x)) / n.
with sums as (
    select
        count(*) as payers,
        coalesce({{ total('usd_cents') }}, 0) as usd_cents,
        {{ total('payer_rank * usd_cents') }} as rank_usd_cents,
        {{ total('case when 100 * (payer_rank - 1) < 1 * payers then usd_cents end') }} as top_1,
        {{ total('case when 100 * (payer_rank - 1) < 5 * payers then usd_cents end') }} as top_5,
        {{ total('case when 100 * (payer_rank - 1) < 10 * payers then usd_cents end') }} as top_10
    from {{ ref('payer_ranks') }}
)

select
    payers,
    usd_cents,
    (payers + 1 - 2 * {{ ratio('rank_usd_cents', 'usd_cents') }}) / nullif(payers, 0) as gini,
    {{ ratio('top_1', 'usd_cents') }} as top_1_percent_share,
    {{ ratio('top_5', 'usd_cents') }} as top_5_percent_share,
    {{ ratio('top_10', 'usd_cents') }} as top_10_percent_share
from sums
