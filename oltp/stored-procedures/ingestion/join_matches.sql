-- Sessions that join a match; a session joins a match at most once.
create or replace procedure api.join_matches(
    match_ids bigint[],
    session_ids bigint[],
    team_ids smallint[],
    joined_ats timestamptz[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'join_matches', cardinality(join_matches.match_ids), cardinality(join_matches.session_ids),
        cardinality(join_matches.team_ids), cardinality(join_matches.joined_ats)
    );
    stored integer;
    fault record;
begin
    insert into game.participation (match_id, session_id, team_id, joined_at)
    select b.match_id, b.session_id, b.team_id, b.joined_at
    from unnest(
        join_matches.match_ids, join_matches.session_ids, join_matches.team_ids, join_matches.joined_ats
    ) as b (match_id, session_id, team_id, joined_at)
    inner join game.match as m on b.match_id = m.match_id
    inner join game.session as s on b.session_id = s.session_id
    inner join game.mode as k on m.mode = k.mode
    where
        b.joined_at >= m.started_at
        and b.joined_at < coalesce(m.ended_at, 'infinity')
        and b.joined_at >= s.started_at
        and b.joined_at < coalesce(s.ended_at, 'infinity')
        and b.team_id between 0 and k.teams - 1
    order by b.session_id, b.match_id
    on conflict on constraint participation_pkey do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.match_id,
        b.session_id,
        case
            when num_nulls(b.match_id, b.session_id, b.team_id, b.joined_at) > 0 then 'SK001'
            when m.match_id is null or s.session_id is null then 'SK002'
            when t.match_id is null then 'SK003'
            else 'SK004'
        end as code
    into fault
    from unnest(
        join_matches.match_ids, join_matches.session_ids, join_matches.team_ids, join_matches.joined_ats
    ) with ordinality as b (match_id, session_id, team_id, joined_at, line)
    left join game.match as m on b.match_id = m.match_id
    left join game.session as s on b.session_id = s.session_id
    left join game.participation as t on b.match_id = t.match_id and b.session_id = t.session_id
    where
        num_nulls(b.match_id, b.session_id) > 0
        or (b.match_id, b.session_id, b.team_id, b.joined_at) is distinct from (
            t.match_id, t.session_id, t.team_id, t.joined_at
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'session %s in match %s %s', fault.session_id, fault.match_id,
                case fault.code
                    when 'SK001' then 'lacks a value'
                    when 'SK002' then 'is of a session or match that has not started'
                    when 'SK003' then 'joins at a time at which not both last, or a team that the mode has not'
                    else 'is there with other content'
                end
            ),
            'start both first, and join once'
        );
    end if;
end;
$$;
