-- One row a session: how long it lasted and what happened in it. A session that lasts has neither length nor end.
create or replace view api.session_summary as
select
    s.session_id,
    s.player_id,
    p.region,
    p.country,
    d.platform,
    s.device,
    s.client_version,
    s.started_at,
    s.ended_at,
    s.end_reason,
    extract(epoch from s.ended_at - s.started_at)::bigint as length_s,
    c.heartbeats,
    (
        select count(*) from game.participation as t
        where t.session_id = s.session_id
    ) as matches,
    c.kills,
    c.headshots,
    c.deaths,
    c.kills::float8 / nullif(c.deaths, 0) as kd_ratio,
    c.purchases,
    coalesce((
        select sum(b.price_usd_cents) from game.purchase as b
        where b.session_id = s.session_id
    ), 0) as usd_cents
from game.session as s
inner join game.player as p on s.player_id = p.player_id
inner join game.device as d on s.device = d.device
inner join game.session_counter as c on s.session_id = c.session_id;
comment on view api.session_summary is
'One row a session: where and on what, how long, and what happened in it; a session that lasts has no end.';
