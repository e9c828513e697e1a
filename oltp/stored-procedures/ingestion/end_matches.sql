-- Matches that end; winner_teams holds null where nobody won.
create or replace procedure api.end_matches(
    match_ids bigint[],
    ended_ats timestamptz[],
    winner_teams smallint[],
    end_reasons text[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'end_matches', cardinality(end_matches.match_ids), cardinality(end_matches.ended_ats),
        cardinality(end_matches.winner_teams), cardinality(end_matches.end_reasons)
    );
    stored integer;
    fault record;
begin
    perform from game.match as t
    where t.match_id = any(end_matches.match_ids)
    order by t.match_id
    for no key update;
    update game.match as t
    set ended_at = b.ended_at, winner_team = b.winner_team, end_reason = b.end_reason
    from unnest(
        end_matches.match_ids, end_matches.ended_ats, end_matches.winner_teams, end_matches.end_reasons
    ) as b (match_id, ended_at, winner_team, end_reason)
    where
        t.match_id = b.match_id
        and t.ended_at is null
        and isfinite(b.ended_at)
        and b.ended_at > t.started_at
        and (b.winner_team is null or b.winner_team < (select m.teams from game.mode as m where m.mode = t.mode))
        and b.end_reason in ('completed', 'eliminated', 'abandoned', 'run_end');

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.match_id,
        case
            when num_nulls(b.match_id, b.ended_at, b.end_reason) > 0
                or not isfinite(b.ended_at)
                or b.winner_team not between 0 and (select m.teams - 1 from game.mode as m where m.mode = t.mode)
                or b.end_reason not in ('completed', 'eliminated', 'abandoned', 'run_end') then 'SK001'
            when t.match_id is null then 'SK002'
            when b.ended_at <= t.started_at then 'SK003'
            else 'SK004'
        end as code
    into fault
    from unnest(
        end_matches.match_ids, end_matches.ended_ats, end_matches.winner_teams, end_matches.end_reasons
    ) with ordinality as b (match_id, ended_at, winner_team, end_reason, line)
    left join game.match as t on b.match_id = t.match_id
    where
        num_nulls(b.match_id, b.ended_at, b.end_reason) > 0
        or (b.match_id, b.ended_at, b.winner_team, b.end_reason) is distinct from (
            t.match_id, t.ended_at, t.winner_team, t.end_reason
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'match %s %s', fault.match_id,
                case fault.code
                    when 'SK001' then 'lacks an end or a reason that is known, or its mode has no such team'
                    when 'SK002' then 'has not started'
                    when 'SK003' then 'would end before it started'
                    else 'has ended in another way'
                end
            ),
            'reasons are completed, eliminated, abandoned, run_end; a match starts once and ends once, later'
        );
    end if;
end;
$$;
