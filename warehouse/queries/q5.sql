-- The month with a player's longest run of consecutive days of play.
--
-- A day of play is a UTC day with at least one second of a session. In month and days, runs are cut at the ends of
-- months; in uncut_month and uncut_days they are not, and belong to the month of their first day. The earliest run
-- wins a tie. For who never played, months are missing and days are 0.
with

cut as (
    select
        month,
        days
    from streaks_by_month
    where player_id = $player
    order by days desc, first_day asc
    limit 1
),

uncut as (
    select
        month,
        days
    from streaks
    where player_id = $player
    order by days desc, first_day asc
    limit 1
)

select
    cast($player as integer) as player_id,
    strftime((select month from cut), '%Y-%m') as month,
    coalesce((select days from cut), 0) as days,
    strftime((select month from uncut), '%Y-%m') as uncut_month,
    coalesce((select days from uncut), 0) as uncut_days
