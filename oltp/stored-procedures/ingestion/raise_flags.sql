-- Suspicions of people and of other systems, beside those that triggers raise.
create or replace procedure api.raise_flags(
    rules text[],
    session_ids bigint[],
    observed_ats timestamptz[],
    evidence jsonb[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'raise_flags', cardinality(raise_flags.rules), cardinality(raise_flags.session_ids),
        cardinality(raise_flags.observed_ats), cardinality(raise_flags.evidence)
    );
    stored integer;
    fault record;
begin
    insert into game.anticheat_flag (rule, session_id, observed_at, raised_by, evidence)
    select b.rule, b.session_id, b.observed_at, session_user, b.proof
    from unnest(
        raise_flags.rules, raise_flags.session_ids, raise_flags.observed_ats, raise_flags.evidence
    ) as b (rule, session_id, observed_at, proof)
    inner join game.anticheat_rule as r on b.rule = r.rule
    inner join game.session as s on b.session_id = s.session_id
    where
        b.observed_at >= s.started_at
        and b.observed_at <= coalesce(s.ended_at, 'infinity')
        and jsonb_typeof(b.proof) = 'object'
    order by b.rule, b.session_id, b.observed_at
    on conflict on constraint anticheat_flag_pkey do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.rule,
        b.session_id,
        case
            when num_nulls(b.rule, b.session_id, b.observed_at, b.proof) > 0
                or jsonb_typeof(b.proof) <> 'object' then 'SK001'
            when r.rule is null or s.session_id is null then 'SK002'
            when t.rule is null then 'SK003'
            else 'SK004'
        end as code
    into fault
    from unnest(
        raise_flags.rules, raise_flags.session_ids, raise_flags.observed_ats, raise_flags.evidence
    ) with ordinality as b (rule, session_id, observed_at, proof, line)
    left join game.anticheat_rule as r on b.rule = r.rule
    left join game.session as s on b.session_id = s.session_id
    left join game.anticheat_flag as t
        on b.rule = t.rule and b.session_id = t.session_id and b.observed_at = t.observed_at
    where
        num_nulls(b.rule, b.session_id, b.observed_at) > 0
        or (b.rule, b.session_id, b.observed_at, b.proof) is distinct from (
            t.rule, t.session_id, t.observed_at, t.evidence
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'flag %s of session %s %s', fault.rule, fault.session_id,
                case fault.code
                    when 'SK001' then 'lacks a value, or its evidence is no object'
                    when 'SK002' then 'is of a rule or session that is not there'
                    when 'SK003' then 'lies outside of its session'
                    else 'is there with other content'
                end
            ),
            'rules are rows of game.anticheat_rule; flag a session once a rule and moment'
        );
    end if;
end;
$$;
