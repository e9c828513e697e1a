-- Matches that begin.
create or replace procedure api.start_matches(
    match_ids bigint[],
    realm_ids smallint[],
    regions text[],
    arena_ids integer[],
    maps text[],
    modes text[],
    started_ats timestamptz[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'start_matches', cardinality(start_matches.match_ids), cardinality(start_matches.realm_ids),
        cardinality(start_matches.regions), cardinality(start_matches.arena_ids), cardinality(start_matches.maps),
        cardinality(start_matches.modes), cardinality(start_matches.started_ats)
    );
    stored integer;
    fault record;
    said text;
    broken text;
begin
    insert into game.match (match_id, realm_id, region, arena_id, map, mode, started_at)
    select b.match_id, b.realm_id, b.region, b.arena_id, b.map, b.mode, b.started_at
    from unnest(
        start_matches.match_ids, start_matches.realm_ids, start_matches.regions, start_matches.arena_ids,
        start_matches.maps, start_matches.modes, start_matches.started_ats
    ) as b (match_id, realm_id, region, arena_id, map, mode, started_at)
    inner join game.region as r on b.region = r.region
    inner join game.map as p on b.map = p.map
    inner join game.mode as m on b.mode = m.mode
    where num_nulls(b.match_id, b.realm_id, b.arena_id, b.started_at) = 0 and isfinite(b.started_at)
    order by b.match_id
    on conflict on constraint match_pkey do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.match_id,
        case
            when num_nulls(b.match_id, b.realm_id, b.region, b.arena_id, b.map, b.mode, b.started_at) > 0
                or not isfinite(b.started_at) then 'SK001'
            when r.region is null or p.map is null or m.mode is null then 'SK002'
            else 'SK004'
        end as code
    into fault
    from unnest(
        start_matches.match_ids, start_matches.realm_ids, start_matches.regions, start_matches.arena_ids,
        start_matches.maps, start_matches.modes, start_matches.started_ats
    ) with ordinality as b (match_id, realm_id, region, arena_id, map, mode, started_at, line)
    left join game.region as r on b.region = r.region
    left join game.map as p on b.map = p.map
    left join game.mode as m on b.mode = m.mode
    left join game.match as t on b.match_id = t.match_id
    where
        num_nulls(b.match_id) > 0
        or (b.match_id, b.realm_id, b.region, b.arena_id, b.map, b.mode, b.started_at) is distinct from (
            t.match_id, t.realm_id, t.region, t.arena_id, t.map, t.mode, t.started_at
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'match %s %s', fault.match_id,
                case fault.code
                    when 'SK001' then 'lacks a value'
                    when 'SK002' then 'has a region, map or mode that is not in the catalogue'
                    else 'is there with other content'
                end
            ),
            'register the catalogue first, and start every match once'
        );
    end if;
exception
    when check_violation or not_null_violation or foreign_key_violation then
        get stacked diagnostics said = message_text, broken = constraint_name;
        perform game.refuse_broken('start_matches', said, broken);
end;
$$;
