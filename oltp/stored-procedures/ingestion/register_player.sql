-- One row of api.register_players.
create or replace procedure api.register_player(
    player_id integer,
    installed_on date,
    country text,
    region text,
    realm_id smallint,
    device text,
    segment text
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.register_players(
        array[register_player.player_id],
        array[register_player.installed_on],
        array[register_player.country],
        array[register_player.region],
        array[register_player.realm_id],
        array[register_player.device],
        array[register_player.segment]
    );
end;
$$;
