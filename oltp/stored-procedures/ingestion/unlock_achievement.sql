-- One row of api.unlock_achievements.
create or replace procedure api.unlock_achievement(
    player_id integer,
    achievement text,
    unlocked_at timestamptz
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.unlock_achievements(
        array[unlock_achievement.player_id],
        array[unlock_achievement.achievement],
        array[unlock_achievement.unlocked_at]
    );
end;
$$;
