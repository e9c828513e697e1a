-- One row a session and UTC day that it touches, with its seconds there. A session that lasts counts up to its latest
-- heartbeat. Same as fact_play_days of the warehouse.
create or replace view api.play_days as
select
    s.session_id,
    s.player_id,
    (d.day at time zone 'UTC')::date as day,
    extract(epoch from least(s.until_at, d.day + interval '24 hours') - greatest(s.started_at, d.day))::bigint
        as seconds
from (
    select
        n.session_id,
        n.player_id,
        n.started_at,
        coalesce(n.ended_at, c.last_beat_at, n.started_at) as until_at
    from game.session as n
    inner join game.session_counter as c on n.session_id = c.session_id
) as s
cross join
    lateral generate_series(
        date_trunc('day', s.started_at, 'UTC'), s.until_at - interval '1 microsecond', interval '24 hours'
    ) as d (day)
where s.until_at > s.started_at;
comment on view api.play_days is 'One row a session and UTC day that it touches, with its seconds there.';
