-- One row of api.ban_players.
create or replace procedure api.ban_player(
    player_id integer,
    banned_at timestamptz,
    rule text,
    is_wave boolean default false
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.ban_players(
        array[ban_player.player_id],
        array[ban_player.banned_at],
        array[ban_player.rule],
        array[ban_player.is_wave]
    );
end;
$$;
