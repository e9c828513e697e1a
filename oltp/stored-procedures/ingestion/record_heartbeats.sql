-- Where players stood. A heartbeat lies within its session and its place in the match; late ones are welcome.
create or replace procedure api.record_heartbeats(
    session_ids bigint[],
    beat_ats timestamptz[],
    match_ids bigint[],
    x_cms integer[],
    y_cms integer[],
    z_cms integer[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'record_heartbeats', cardinality(record_heartbeats.session_ids), cardinality(record_heartbeats.beat_ats),
        cardinality(record_heartbeats.match_ids), cardinality(record_heartbeats.x_cms),
        cardinality(record_heartbeats.y_cms), cardinality(record_heartbeats.z_cms)
    );
    stored integer;
    fault record;
begin
    perform game.require_days(record_heartbeats.beat_ats);
    -- Whoever ends one of the sessions meanwhile waits, and then sees these heartbeats.
    perform from game.session as s
    where s.session_id = any(array(select distinct b.id from unnest(record_heartbeats.session_ids) as b (id)))
    order by s.session_id
    for share;
    -- A session is in a match for a stretch of time, so its first and last heartbeat there speak for those in
    -- between.
    if not exists (
        select
        from (
            select
                b.match_id,
                b.session_id,
                min(b.beat_at) as first_at,
                max(b.beat_at) as last_at
            from unnest(record_heartbeats.match_ids, record_heartbeats.session_ids, record_heartbeats.beat_ats) as b (
                match_id, session_id, beat_at
            )
            group by b.match_id, b.session_id
        ) as b
        left join game.participation as p on b.match_id = p.match_id and b.session_id = p.session_id
        left join game.session as s on b.session_id = s.session_id
        left join game.match as m on b.match_id = m.match_id
        where (
            b.first_at >= p.joined_at
            and b.last_at < coalesce(p.left_at, 'infinity')
            and b.last_at < coalesce(s.ended_at, 'infinity')
            and b.last_at < coalesce(m.ended_at, 'infinity')
        ) is not true
    ) then
        begin
            insert into game.heartbeat (session_id, beat_at, match_id, x_cm, y_cm, z_cm)
            select b.session_id, b.beat_at, b.match_id, b.x_cm, b.y_cm, b.z_cm
            from unnest(
                record_heartbeats.session_ids, record_heartbeats.beat_ats, record_heartbeats.match_ids,
                record_heartbeats.x_cms, record_heartbeats.y_cms, record_heartbeats.z_cms
            ) as b (session_id, beat_at, match_id, x_cm, y_cm, z_cm)
            order by b.session_id, b.beat_at;
            return;
        exception
            -- Some are there already, or lack a value: the slow way says which.
            when unique_violation or not_null_violation or check_violation then
                null;
        end;
    end if;
    insert into game.heartbeat (session_id, beat_at, match_id, x_cm, y_cm, z_cm)
    select b.session_id, b.beat_at, b.match_id, b.x_cm, b.y_cm, b.z_cm
    from unnest(
        record_heartbeats.session_ids, record_heartbeats.beat_ats, record_heartbeats.match_ids,
        record_heartbeats.x_cms, record_heartbeats.y_cms, record_heartbeats.z_cms
    ) as b (session_id, beat_at, match_id, x_cm, y_cm, z_cm)
    inner join game.participation as p on b.match_id = p.match_id and b.session_id = p.session_id
    inner join game.session as s on b.session_id = s.session_id
    inner join game.match as m on b.match_id = m.match_id
    where
        b.beat_at >= p.joined_at
        and b.beat_at < coalesce(p.left_at, 'infinity')
        and b.beat_at < coalesce(s.ended_at, 'infinity')
        and b.beat_at < coalesce(m.ended_at, 'infinity')
        and num_nulls(b.x_cm, b.y_cm, b.z_cm) = 0
    order by b.session_id, b.beat_at
    on conflict (session_id, beat_at) do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.session_id,
        b.beat_at,
        case
            when num_nulls(b.session_id, b.beat_at, b.match_id, b.x_cm, b.y_cm, b.z_cm) > 0 then 'SK001'
            when t.session_id is not null then 'SK004'
            when p.match_id is null then 'SK002'
            when b.beat_at >= p.joined_at
                and b.beat_at < coalesce(p.left_at, 'infinity')
                and b.beat_at < coalesce(s.ended_at, 'infinity')
                and b.beat_at < coalesce(m.ended_at, 'infinity') then 'SK004'
            else 'SK003'
        end as code
    into fault
    from unnest(
        record_heartbeats.session_ids, record_heartbeats.beat_ats, record_heartbeats.match_ids,
        record_heartbeats.x_cms, record_heartbeats.y_cms, record_heartbeats.z_cms
    ) with ordinality as b (session_id, beat_at, match_id, x_cm, y_cm, z_cm, line)
    left join game.participation as p on b.match_id = p.match_id and b.session_id = p.session_id
    left join game.session as s on b.session_id = s.session_id
    left join game.match as m on b.match_id = m.match_id
    left join game.heartbeat as t on b.session_id = t.session_id and b.beat_at = t.beat_at
    where
        num_nulls(b.session_id, b.beat_at) > 0
        or (b.session_id, b.beat_at, b.match_id, b.x_cm, b.y_cm, b.z_cm) is distinct from (
            t.session_id, t.beat_at, t.match_id, t.x_cm, t.y_cm, t.z_cm
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'heartbeat of session %s at %s %s', fault.session_id, fault.beat_at,
                case fault.code
                    when 'SK001' then 'lacks a value'
                    when 'SK002' then 'is in a match that the session has not joined'
                    when 'SK003' then 'lies outside of the session or of its time in the match'
                    else 'is there with other content'
                end
            ),
            'join the match first; send a heartbeat once, of a time at which the session is in the match'
        );
    end if;
end;
$$;
