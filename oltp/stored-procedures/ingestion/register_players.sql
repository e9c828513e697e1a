-- Accounts. An account that is there already must be the same but for country, region, device and segment, which a
-- game may learn better: those take the new values.
create or replace procedure api.register_players(
    player_ids integer[],
    installed_ons date[],
    countries text[],
    regions text[],
    realm_ids smallint[],
    devices text[],
    segments text[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := game.begin_batch(
        'register_players', cardinality(register_players.player_ids), cardinality(register_players.installed_ons),
        cardinality(register_players.countries), cardinality(register_players.regions),
        cardinality(register_players.realm_ids), cardinality(register_players.devices),
        cardinality(register_players.segments)
    );
    stored integer;
    fault record;
    said text;
    broken text;
begin
    insert into game.player as t (player_id, installed_on, country, region, realm_id, device, segment)
    select distinct on (b.player_id) b.player_id, b.installed_on, b.country, b.region, b.realm_id, b.device, b.segment
    from unnest(
        register_players.player_ids, register_players.installed_ons, register_players.countries,
        register_players.regions, register_players.realm_ids, register_players.devices, register_players.segments
    ) as b (player_id, installed_on, country, region, realm_id, device, segment)
    inner join game.country as c on b.country = c.country and b.region = c.region
    inner join game.device as d on b.device = d.device
    where num_nulls(b.player_id, b.installed_on, b.realm_id, b.segment) = 0 and isfinite(b.installed_on)
    order by b.player_id
    on conflict on constraint player_pkey do update
    set
        country = excluded.country,
        region = excluded.region,
        device = excluded.device,
        segment = excluded.segment
    where
        (t.installed_on, t.realm_id) = (excluded.installed_on, excluded.realm_id)
        and (t.country, t.region, t.device, t.segment)
        is distinct from (excluded.country, excluded.region, excluded.device, excluded.segment);

    get diagnostics stored = row_count;
    if stored = given then
        return;
    end if;
    -- Either the batch was here before, which is well, or a row is at fault: say which, and why.
    select
        b.player_id,
        case
            when num_nulls(b.player_id, b.installed_on, b.country, b.region, b.realm_id, b.device, b.segment) > 0
                or not isfinite(b.installed_on)
                then 'SK001'
            when c.country is null or d.device is null then 'SK002'
            else 'SK004'
        end as code
    into fault
    from unnest(
        register_players.player_ids, register_players.installed_ons, register_players.countries,
        register_players.regions, register_players.realm_ids, register_players.devices, register_players.segments
    ) with ordinality as b (player_id, installed_on, country, region, realm_id, device, segment, line)
    left join game.country as c on b.country = c.country and b.region = c.region
    left join game.device as d on b.device = d.device
    left join game.player as t on b.player_id = t.player_id
    where
        num_nulls(b.player_id) > 0
        or (b.player_id, b.installed_on, b.country, b.region, b.realm_id, b.device, b.segment) is distinct from (
            t.player_id, t.installed_on, t.country, t.region, t.realm_id, t.device, t.segment
        )
    order by b.line
    limit 1;
    if found then
        perform game.refuse(
            fault.code,
            format(
                'player %s %s', fault.player_id,
                case fault.code
                    when 'SK001' then 'lacks a value or a finite day'
                    when 'SK002' then 'has a country, region or device that is not in the catalogue'
                    else 'is there with another day of installation or realm, or twice in the batch with other values'
                end
            ),
            'register the catalogue first, and every player once'
        );
    end if;
exception
    when check_violation or not_null_violation or foreign_key_violation then
        get stacked diagnostics said = message_text, broken = constraint_name;
        perform game.refuse_broken('register_players', said, broken);
end;
$$;
