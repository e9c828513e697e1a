-- One row a thing that happened to a player: filter by player_id, order by at and step, which is how things of one
-- moment follow one another.
create or replace view api.event_timeline as
select
    s.player_id, s.started_at as at, 1 as step, 'session_start' as what, s.session_id, null::bigint as match_id,
    jsonb_build_object('device', s.device, 'client_version', s.client_version) as details
from game.session as s
union all
select s.player_id, s.ended_at, 9, 'session_end', s.session_id, null, jsonb_build_object('reason', s.end_reason)
from game.session as s
where s.ended_at is not null
union all
select
    s.player_id, t.joined_at, 2, 'match_join', s.session_id, t.match_id,
    jsonb_build_object('map', m.map, 'mode', m.mode, 'team', t.team_id)
from game.participation as t
inner join game.session as s on t.session_id = s.session_id
inner join game.match as m on t.match_id = m.match_id
union all
select s.player_id, t.left_at, 8, 'match_leave', s.session_id, t.match_id, jsonb_build_object('team', t.team_id)
from game.participation as t
inner join game.session as s on t.session_id = s.session_id
where t.left_at is not null
union all
select
    s.player_id, e.occurred_at, 3, e.event_type, e.session_id, e.match_id,
    e.details || jsonb_strip_nulls(jsonb_build_object(
        'target_player_id', e.target_session_id >> 16, 'weapon', e.weapon, 'is_headshot', e.is_headshot,
        'distance_cm', e.distance_cm
    ))
from game.game_event as e
inner join game.session as s on e.session_id = s.session_id
union all
select
    s.player_id, e.occurred_at, 4, 'death', e.target_session_id, e.match_id,
    jsonb_build_object('killer_id', e.session_id >> 16, 'weapon', e.weapon, 'distance_cm', e.distance_cm)
from game.game_event as e
inner join game.session as s on e.target_session_id = s.session_id
where e.event_type = 'kill'
union all
select
    s.player_id, b.purchased_at, 5, 'purchase', b.session_id, null,
    jsonb_build_object('item', i.item, 'price_minor', b.price_minor, 'currency', b.currency)
from game.purchase as b
inner join game.session as s on b.session_id = s.session_id
inner join game.item as i on b.item_id = i.item_id
union all
select a.player_id, a.unlocked_at, 6, 'achievement', null, null, jsonb_build_object('achievement', a.achievement)
from game.player_achievement as a
union all
select s.player_id, f.observed_at, 7, 'flag', f.session_id, null, jsonb_build_object('rule', f.rule) || f.evidence
from game.anticheat_flag as f
inner join game.session as s on f.session_id = s.session_id
union all
select
    s.player_id, l.reached_at, 6, 'level_up', l.session_id, null,
    jsonb_build_object('level', l.level, 'experience', l.experience)
from game.level_up as l
inner join game.session as s on l.session_id = s.session_id
union all
select n.player_id, n.banned_at, 0, 'ban', null, null, jsonb_build_object('rule', n.rule, 'is_wave', n.is_wave)
from game.ban as n;
comment on view api.event_timeline is
'One row a thing that happened to a player: sessions, matches, kills, deaths, purchases, achievements, levels, flags, '
'the ban. In order of at and step.';
