-- Accounts that are banned: none of their sessions starts from then on; one that is going on may end in peace.
create or replace procedure api.ban_players(
    player_ids integer[],
    banned_ats timestamptz[],
    rules text[],
    are_waves boolean[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'ban_players', cardinality(ban_players.player_ids), cardinality(ban_players.banned_ats),
        cardinality(ban_players.rules), cardinality(ban_players.are_waves)
    );
    stored integer;
    fault record;
begin
    -- Whoever starts a session of one of them meanwhile waits, and then sees the ban.
    perform from game.player as p
    where p.player_id = any(array(select distinct b.id from unnest(ban_players.player_ids) as b (id)))
    order by p.player_id
    for no key update;

    insert into game.ban (player_id, banned_at, rule, is_wave)
    select b.player_id, b.banned_at, b.rule, b.is_wave
    from unnest(
        ban_players.player_ids, ban_players.banned_ats, ban_players.rules, ban_players.are_waves
    ) as b (player_id, banned_at, rule, is_wave)
    inner join game.player as p on b.player_id = p.player_id
    inner join game.anticheat_rule as r on b.rule = r.rule
    where
        isfinite(b.banned_at)
        and b.is_wave is not null
        and not exists (
            select from game.session as s where s.player_id = b.player_id and s.started_at >= b.banned_at
        )
    order by b.player_id
    on conflict on constraint ban_pkey do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.player_id,
        case
            when num_nulls(b.player_id, b.banned_at, b.rule, b.is_wave) > 0 or not isfinite(b.banned_at) then 'SK001'
            when p.player_id is null or r.rule is null then 'SK002'
            when t.player_id is not null then 'SK004'
            else 'SK003'
        end as code
    into fault
    from unnest(
        ban_players.player_ids, ban_players.banned_ats, ban_players.rules, ban_players.are_waves
    ) with ordinality as b (player_id, banned_at, rule, is_wave, line)
    left join game.player as p on b.player_id = p.player_id
    left join game.anticheat_rule as r on b.rule = r.rule
    left join game.ban as t on b.player_id = t.player_id
    where
        b.player_id is null
        or (b.player_id, b.banned_at, b.rule, b.is_wave) is distinct from (
            t.player_id, t.banned_at, t.rule, t.is_wave
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'ban of player %s %s', fault.player_id,
                case fault.code
                    when 'SK001' then 'lacks a value or a finite time'
                    when 'SK002' then 'is of a player or a rule that is not there'
                    when 'SK003' then 'is older than a session of theirs'
                    else 'is there with other content'
                end
            ),
            'rules are rows of game.anticheat_rule; an account is banned once, and plays no more from then on'
        );
    end if;
end;
$$;
