-- Sessions that leave a match: at their end, at their elimination or with the match.
create or replace procedure api.leave_matches(
    match_ids bigint[],
    session_ids bigint[],
    left_ats timestamptz[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'leave_matches', cardinality(leave_matches.match_ids), cardinality(leave_matches.session_ids),
        cardinality(leave_matches.left_ats)
    );
    stored integer;
    fault record;
begin
    perform from game.participation as t
    inner join unnest(
        leave_matches.match_ids, leave_matches.session_ids, leave_matches.left_ats
    ) as b (match_id, session_id, left_at)
        on t.match_id = b.match_id and t.session_id = b.session_id
    order by t.session_id, t.match_id
    for no key update of t;
    update game.participation as t
    set left_at = b.left_at
    from unnest(
        leave_matches.match_ids, leave_matches.session_ids, leave_matches.left_ats
    ) as b (match_id, session_id, left_at)
    inner join game.session as s on b.session_id = s.session_id
    inner join game.session_counter as c on b.session_id = c.session_id
    where
        t.match_id = b.match_id
        and t.session_id = b.session_id
        and t.left_at is null
        and b.left_at >= t.joined_at
        and isfinite(b.left_at)
        and b.left_at <= coalesce(s.ended_at, 'infinity')
        and (c.last_match_id = b.match_id and c.last_beat_at >= b.left_at) is not true;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.match_id,
        b.session_id,
        case
            when num_nulls(b.match_id, b.session_id, b.left_at) > 0 then 'SK001'
            when t.match_id is null then 'SK002'
            when t.left_at is null then 'SK003'
            else 'SK004'
        end as code
    into fault
    from unnest(
        leave_matches.match_ids, leave_matches.session_ids, leave_matches.left_ats
    ) with ordinality as b (match_id, session_id, left_at, line)
    left join game.participation as t on b.match_id = t.match_id and b.session_id = t.session_id
    where
        num_nulls(b.match_id, b.session_id, b.left_at) > 0
        or (b.match_id, b.session_id, b.left_at) is distinct from (t.match_id, t.session_id, t.left_at)
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'session %s in match %s %s', fault.session_id, fault.match_id,
                case fault.code
                    when 'SK001' then 'lacks a value'
                    when 'SK002' then 'has not joined'
                    when 'SK003' then 'would leave before it joined, before a heartbeat there, or after its session'
                    else 'has left at another time'
                end
            ),
            'join first, and leave once, later'
        );
    end if;
end;
$$;
