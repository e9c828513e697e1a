-- Levels that players have reached with a session.
create or replace procedure api.reach_levels(
    session_ids bigint[],
    reached_ats timestamptz[],
    levels smallint[],
    experiences bigint[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'reach_levels', cardinality(reach_levels.session_ids), cardinality(reach_levels.reached_ats),
        cardinality(reach_levels.levels), cardinality(reach_levels.experiences)
    );
    stored integer;
    fault record;
begin
    insert into game.level_up (session_id, reached_at, level, experience)
    select b.session_id, b.reached_at, b.level, b.experience
    from unnest(
        reach_levels.session_ids, reach_levels.reached_ats, reach_levels.levels, reach_levels.experiences
    ) as b (session_id, reached_at, level, experience)
    inner join game.session as s on b.session_id = s.session_id
    where
        b.reached_at >= s.started_at
        and b.reached_at <= coalesce(s.ended_at, 'infinity')
        and isfinite(b.reached_at)
        and b.level > 1
        and b.experience > 0
    order by b.session_id
    on conflict on constraint level_up_pkey do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.session_id,
        case
            when num_nulls(b.session_id, b.reached_at, b.level, b.experience) > 0
                or not isfinite(b.reached_at)
                or b.level <= 1
                or b.experience <= 0 then 'SK001'
            when s.session_id is null then 'SK002'
            when t.session_id is not null then 'SK004'
            else 'SK003'
        end as code
    into fault
    from unnest(
        reach_levels.session_ids, reach_levels.reached_ats, reach_levels.levels, reach_levels.experiences
    ) with ordinality as b (session_id, reached_at, level, experience, line)
    left join game.session as s on b.session_id = s.session_id
    left join game.level_up as t on b.session_id = t.session_id
    where
        b.session_id is null
        or (b.session_id, b.reached_at, b.level, b.experience) is distinct from (
            t.session_id, t.reached_at, t.level, t.experience
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'level of session %s %s', fault.session_id,
                case fault.code
                    when 'SK001' then 'lacks a value, or is not above 1 and of some experience at a finite time'
                    when 'SK002' then 'is of a session that is not there'
                    when 'SK003' then 'was reached outside of its session'
                    else 'is there with other content'
                end
            ),
            'say once a session which level its player has reached, at the latest when it ends'
        );
    end if;
end;
$$;
