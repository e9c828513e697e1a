-- Achievements that the game itself unlocks, beside those that triggers do.
create or replace procedure api.unlock_achievements(
    player_ids integer[],
    achievements text[],
    unlocked_ats timestamptz[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'unlock_achievements', cardinality(unlock_achievements.player_ids),
        cardinality(unlock_achievements.achievements), cardinality(unlock_achievements.unlocked_ats)
    );
    stored integer;
    fault record;
begin
    insert into game.player_achievement (player_id, achievement, unlocked_at)
    select b.player_id, b.achievement, b.unlocked_at
    from unnest(
        unlock_achievements.player_ids, unlock_achievements.achievements, unlock_achievements.unlocked_ats
    ) as b (player_id, achievement, unlocked_at)
    inner join game.player as p on b.player_id = p.player_id
    inner join game.achievement as a on b.achievement = a.achievement
    where isfinite(b.unlocked_at) and a.metric = 'manual'
    order by b.player_id, b.achievement
    on conflict on constraint player_achievement_pkey do nothing;

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.player_id,
        b.achievement,
        case
            when num_nulls(b.player_id, b.achievement, b.unlocked_at) > 0 or not isfinite(b.unlocked_at) then 'SK001'
            when p.player_id is null or a.achievement is null then 'SK002'
            when a.metric <> 'manual' then 'SK003'
            else 'SK004'
        end as code
    into fault
    from unnest(
        unlock_achievements.player_ids, unlock_achievements.achievements, unlock_achievements.unlocked_ats
    ) with ordinality as b (player_id, achievement, unlocked_at, line)
    left join game.player as p on b.player_id = p.player_id
    left join game.achievement as a on b.achievement = a.achievement
    left join game.player_achievement as t on b.player_id = t.player_id and b.achievement = t.achievement
    where
        num_nulls(b.player_id, b.achievement) > 0
        or (b.player_id, b.achievement, b.unlocked_at) is distinct from (t.player_id, t.achievement, t.unlocked_at)
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'achievement %s of player %s %s', fault.achievement, fault.player_id,
                case fault.code
                    when 'SK001' then 'lacks a value or a finite time'
                    when 'SK002' then 'is of a player or an achievement that is not there'
                    when 'SK003' then 'is one that a rule unlocks'
                    else 'was unlocked at another time'
                end
            ),
            'achievements with the metric manual are unlocked here, each once a player'
        );
    end if;
end;
$$;
