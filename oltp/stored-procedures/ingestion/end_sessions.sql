-- Players who log out.
create or replace procedure api.end_sessions(
    session_ids bigint[],
    ended_ats timestamptz[],
    end_reasons text[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'end_sessions', cardinality(end_sessions.session_ids), cardinality(end_sessions.ended_ats),
        cardinality(end_sessions.end_reasons)
    );
    stored integer;
    fault record;
begin
    perform from game.session as t
    where t.session_id = any(end_sessions.session_ids)
    order by t.session_id
    for no key update;
    update game.session as t
    set ended_at = b.ended_at, end_reason = b.end_reason
    from unnest(
        end_sessions.session_ids, end_sessions.ended_ats, end_sessions.end_reasons
    ) as b (session_id, ended_at, end_reason)
    inner join game.session_counter as c on b.session_id = c.session_id
    where
        t.session_id = b.session_id
        and t.ended_at is null
        and b.ended_at > t.started_at
        and isfinite(b.ended_at)
        and (c.last_beat_at is null or b.ended_at > c.last_beat_at)
        and not exists (
            select from game.purchase as p where p.session_id = b.session_id and p.purchased_at >= b.ended_at
        )
        and not exists (
            select from game.game_event as e where e.session_id = b.session_id and e.occurred_at >= b.ended_at
        )
        and not exists (
            select from game.game_event as e where e.target_session_id = b.session_id and e.occurred_at >= b.ended_at
        )
        and not exists (
            select from game.participation as q where q.session_id = b.session_id and q.left_at > b.ended_at
        )
        and b.end_reason in ('logout', 'disconnect', 'kicked', 'run_end');

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.session_id,
        case
            when num_nulls(b.session_id, b.ended_at, b.end_reason) > 0
                or not isfinite(b.ended_at)
                or b.end_reason not in ('logout', 'disconnect', 'kicked', 'run_end') then 'SK001'
            when t.session_id is null then 'SK002'
            when t.ended_at is null then 'SK003'
            else 'SK004'
        end as code
    into fault
    from unnest(
        end_sessions.session_ids, end_sessions.ended_ats, end_sessions.end_reasons
    ) with ordinality as b (session_id, ended_at, end_reason, line)
    left join game.session as t on b.session_id = t.session_id
    where
        num_nulls(b.session_id, b.ended_at, b.end_reason) > 0
        or (b.session_id, b.ended_at, b.end_reason) is distinct from (t.session_id, t.ended_at, t.end_reason)
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'session %s %s', fault.session_id,
                case fault.code
                    when 'SK001' then 'lacks an end or a reason that is known'
                    when 'SK002' then 'has not started'
                    when 'SK003' then 'would end before it started or before something that happened in it'
                    else 'has ended in another way'
                end
            ),
            'start it first, and end it once, after all that happened in it, by logout, disconnect, kicked or run_end'
        );
    end if;
end;
$$;
