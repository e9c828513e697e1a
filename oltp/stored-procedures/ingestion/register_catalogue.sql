-- What the world is made of, as one document: {"regions": [{"region": "eu-west", "share_ppm": 1000000}], ...} with
-- the columns of game.region, game.currency, game.country, game.device, game.item, game.sale, game.map, game.mode and
-- game.weapon, and achievements that the game itself unlocks, with the columns of game.achievement but the metric. What
-- is there already takes the values that are given, and the audit log keeps the old ones; what is not named stays.
create or replace procedure api.register_catalogue(catalogue jsonb)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    unknown text;
    said text;
    broken text;
begin
    perform game.begin_batch('register_catalogue', 1);
    if jsonb_typeof(register_catalogue.catalogue) is distinct from 'object' then
        perform game.refuse('SK001', 'register_catalogue: the catalogue is no object', 'give lists by name');
    end if;
    select e.key into unknown
    from jsonb_each(register_catalogue.catalogue) as e
    where
        e.key not in (
            'regions', 'currencies', 'countries', 'devices', 'items', 'sales', 'maps', 'modes', 'weapons', 'achievements'
        )
        or jsonb_typeof(e.value) <> 'array'
    limit 1;
    if unknown is not null then
        perform game.refuse(
            'SK001', format('register_catalogue: %s is no list that is known', unknown),
            'lists are regions, currencies, countries, devices, items, sales, maps, modes, weapons, achievements'
        );
    end if;
    -- An achievement that a rule unlocks is not the game's.
    select a.achievement into unknown
    from jsonb_to_recordset(register_catalogue.catalogue -> 'achievements') as r (achievement text)
    inner join game.achievement as a on r.achievement = a.achievement
    where a.metric <> 'manual'
    order by a.achievement
    limit 1;
    if unknown is not null then
        perform game.refuse(
            'SK004', format('register_catalogue: the achievement %s is one that a rule unlocks', unknown),
            'give achievements of the game names of their own'
        );
    end if;

    insert into game.region as t (region, share_ppm)
    select distinct on (r.region)
        r.region, r.share_ppm
    from jsonb_to_recordset(register_catalogue.catalogue -> 'regions') as r (
        region text, share_ppm integer
    )
    order by r.region
    on conflict on constraint region_pkey do update
    set
        share_ppm = excluded.share_ppm
    where (t.share_ppm) is distinct from (excluded.share_ppm);

    insert into game.currency as t (currency, digits, per_usd_micros)
    select distinct on (r.currency)
        r.currency, r.digits, r.per_usd_micros
    from jsonb_to_recordset(register_catalogue.catalogue -> 'currencies') as r (
        currency text, digits smallint, per_usd_micros bigint
    )
    order by r.currency
    on conflict on constraint currency_pkey do update
    set
        digits = excluded.digits,
        per_usd_micros = excluded.per_usd_micros
    where (t.digits, t.per_usd_micros) is distinct from (excluded.digits, excluded.per_usd_micros);

    insert into game.country as t (country, region, utc_offset_minutes, currency)
    select distinct on (r.country, r.region)
        r.country, r.region, r.utc_offset_minutes, r.currency
    from jsonb_to_recordset(register_catalogue.catalogue -> 'countries') as r (
        country text, region text, utc_offset_minutes integer, currency text
    )
    order by r.country, r.region
    on conflict on constraint country_pkey do update
    set
        utc_offset_minutes = excluded.utc_offset_minutes,
        currency = excluded.currency
    where (t.utc_offset_minutes, t.currency) is distinct from (excluded.utc_offset_minutes, excluded.currency);

    insert into game.device as t (device, platform)
    select distinct on (r.device)
        r.device, r.platform
    from jsonb_to_recordset(register_catalogue.catalogue -> 'devices') as r (
        device text, platform text
    )
    order by r.device
    on conflict on constraint device_pkey do update
    set
        platform = excluded.platform
    where (t.platform) is distinct from (excluded.platform);

    insert into game.item as t (item_id, item, category, price_usd_cents)
    select distinct on (r.item_id)
        r.item_id, r.item, r.category, r.price_usd_cents
    from jsonb_to_recordset(register_catalogue.catalogue -> 'items') as r (
        item_id integer, item text, category text, price_usd_cents integer
    )
    order by r.item_id
    on conflict on constraint item_pkey do update
    set
        item = excluded.item,
        category = excluded.category,
        price_usd_cents = excluded.price_usd_cents
    where (
        t.item, t.category, t.price_usd_cents
    ) is distinct from (
        excluded.item, excluded.category, excluded.price_usd_cents
    );

    insert into game.sale as t (sale, starts_on, ends_on, discount_ppm)
    select distinct on (r.sale)
        r.sale, r.starts_on, r.ends_on, r.discount_ppm
    from jsonb_to_recordset(register_catalogue.catalogue -> 'sales') as r (
        sale text, starts_on date, ends_on date, discount_ppm integer
    )
    order by r.sale
    on conflict on constraint sale_pkey do update
    set
        starts_on = excluded.starts_on,
        ends_on = excluded.ends_on,
        discount_ppm = excluded.discount_ppm
    where (t.starts_on, t.ends_on, t.discount_ppm) is distinct from (
        excluded.starts_on, excluded.ends_on, excluded.discount_ppm
    );

    insert into game.map as t (map, extent_x_cm, extent_y_cm, relief_cm)
    select distinct on (r.map)
        r.map, r.extent_x_cm, r.extent_y_cm, r.relief_cm
    from jsonb_to_recordset(register_catalogue.catalogue -> 'maps') as r (
        map text, extent_x_cm integer, extent_y_cm integer, relief_cm integer
    )
    order by r.map
    on conflict on constraint map_pkey do update
    set
        extent_x_cm = excluded.extent_x_cm,
        extent_y_cm = excluded.extent_y_cm,
        relief_cm = excluded.relief_cm
    where (
        t.extent_x_cm, t.extent_y_cm, t.relief_cm
    ) is distinct from (
        excluded.extent_x_cm, excluded.extent_y_cm, excluded.relief_cm
    );

    insert into game.mode as t (mode, teams, team_size, match_length_s, is_elimination, top_speed_cm_per_s)
    select distinct on (r.mode)
        r.mode, r.teams, r.team_size, r.match_length_s, r.is_elimination, r.top_speed_cm_per_s
    from jsonb_to_recordset(register_catalogue.catalogue -> 'modes') as r (
        mode text, teams smallint, team_size integer, match_length_s integer, is_elimination boolean,
        top_speed_cm_per_s integer
    )
    order by r.mode
    on conflict on constraint mode_pkey do update
    set
        teams = excluded.teams,
        team_size = excluded.team_size,
        match_length_s = excluded.match_length_s,
        is_elimination = excluded.is_elimination,
        top_speed_cm_per_s = excluded.top_speed_cm_per_s
    where (
        t.teams, t.team_size, t.match_length_s, t.is_elimination, t.top_speed_cm_per_s
    ) is distinct from (
        excluded.teams, excluded.team_size, excluded.match_length_s, excluded.is_elimination,
        excluded.top_speed_cm_per_s
    );

    insert into game.weapon as t (weapon, best_range_cm, headshot_ppm)
    select distinct on (r.weapon)
        r.weapon, r.best_range_cm, r.headshot_ppm
    from jsonb_to_recordset(register_catalogue.catalogue -> 'weapons') as r (
        weapon text, best_range_cm integer, headshot_ppm integer
    )
    order by r.weapon
    on conflict on constraint weapon_pkey do update
    set
        best_range_cm = excluded.best_range_cm,
        headshot_ppm = excluded.headshot_ppm
    where (t.best_range_cm, t.headshot_ppm) is distinct from (excluded.best_range_cm, excluded.headshot_ppm);

    insert into game.achievement as t (achievement, title, metric, threshold)
    select distinct on (r.achievement)
        r.achievement, r.title, 'manual', r.threshold
    from jsonb_to_recordset(register_catalogue.catalogue -> 'achievements') as r (
        achievement text, title text, threshold bigint
    )
    order by r.achievement
    on conflict on constraint achievement_pkey do update
    set
        title = excluded.title,
        threshold = excluded.threshold
    where (t.title, t.threshold) is distinct from (excluded.title, excluded.threshold);
exception
    when check_violation or not_null_violation or foreign_key_violation or data_exception then
        get stacked diagnostics said = message_text, broken = constraint_name;
        perform game.refuse_broken('register_catalogue', said, broken);
end;
$$;
