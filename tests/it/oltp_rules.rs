//! The rules inside the operational database: constraints, procedures, rights, audit, anti-cheat, each with what breaks it.

use std::collections::BTreeSet;

use postgres::Client;
use postgres::error::DbError;

use crate::database::{Server, ask, connect, one};

/// Three players in a match of two teams.
pub fn build_world(client: &mut Client) {
    let catalogue = r#"{
        "regions": [{"region": "eu", "share_ppm": 1000000}],
        "currencies": [{"currency": "USD", "digits": 2, "per_usd_micros": 1000000}],
        "countries": [{"country": "DE", "region": "eu", "utc_offset_minutes": 60, "currency": "USD"}],
        "devices": [{"device": "pc", "platform": "pc"}],
        "items": [{"item_id": 1, "item": "hat", "category": "cosmetic", "price_usd_cents": 100}],
        "sales": [{"sale": "spring", "starts_on": "2026-01-01", "ends_on": "2026-01-02", "discount_ppm": 250000}],
        "achievements": [{"achievement": "game/seasoned", "title": "seasoned", "threshold": 75}],
        "maps": [{"map": "yard", "extent_x_cm": 10000, "extent_y_cm": 10000, "relief_cm": 0}],
        "modes": [{"mode": "duel", "teams": 2, "team_size": 2, "match_length_s": 600, "is_elimination": false,
                   "top_speed_cm_per_s": 500}],
        "weapons": [{"weapon": "rifle", "best_range_cm": 1000, "headshot_ppm": 100000}]
    }"#;
    let script = format!(
        "call api.register_catalogue('{catalogue}');
         call api.register_players(array[1, 2, 3], array_fill('2026-01-01'::date, array[3]), array['DE', 'DE', 'DE'],
             array['eu', 'eu', 'eu'], array[0, 0, 0]::smallint[], array['pc', 'pc', 'pc'], array['new', 'new', 'new']);"
    );
    client.batch_execute(&script).unwrap();
    client.batch_execute("call api.open_day('2026-01-01')").unwrap();
    client.batch_execute("call api.open_day('2026-01-02')").unwrap();
    client
        .batch_execute(
            "call api.start_match(7, 0::smallint, 'eu', 1, 'yard', 'duel', '2026-01-01 09:00Z');
             call api.start_sessions(array[65536, 131072, 196608], array[1, 2, 3], array[65536, 131072, 196608],
                 array['pc', 'pc', 'pc'], array['1.0', '1.0', '1.0'], array_fill('2026-01-01 09:00Z'::timestamptz, array[3]));
             call api.join_matches(array[7, 7, 7], array[65536, 131072, 196608], array[0, 1, 0]::smallint[],
                 array_fill('2026-01-01 09:00Z'::timestamptz, array[3]));",
        )
        .unwrap();
}

/// What the server says to a statement that must fail.
fn refusal(client: &mut Client, statement: &str) -> DbError {
    match client.batch_execute(statement) {
        Ok(()) => panic!("goes through: {statement}"),
        Err(error) => error.as_db_error().unwrap_or_else(|| panic!("{statement}: {error:?}")).clone(),
    }
}

/// One kill, as an event of the world.
fn kill(id: i64, at: &str, killer: i64, victim: i64, headshot: bool) -> String {
    format!(
        "call api.record_event('kill', {id}, '2026-01-01 {at}Z', 7, {}, {}, 'rifle', {headshot}, 500, 0, 0, 0, 0, 0, 0, 1);",
        killer << 16,
        victim << 16
    )
}

fn beat(player: i64, at: &str, x_cm: i64) -> String {
    format!("call api.record_heartbeat({}, '2026-01-01 {at}Z', 7, {x_cm}, 0, 0);", player << 16)
}

#[test]
fn every_constraint_holds_against_the_owner_too() {
    for server in Server::each("constraints of PostgreSQL") {
        let url = server.database("constraints");
        let mut client = connect(&url);
        build_world(&mut client);
        let fill = [kill(1, "09:30:10", 1, 2, false), beat(1, "09:30:00", 0)].concat()
            + "call api.record_purchase(1048576, 65536, '2026-01-01 10:00Z', 1, 'USD', 100, 100);
           call api.raise_flag('manual', 65536, '2026-01-01 10:00Z');
           call api.reach_level(65536, '2026-01-01 10:00Z', 2::smallint, 400);
           call api.ban_player(1, '2026-01-02', 'manual');
           call api.register_run('hash', 'test', 4, '2026-01-01', 2);
           call api.claim_stream('one', '2026-01-01');";
        client.batch_execute(&fill).unwrap();
        client.batch_execute("set role skirmish_owner; set timezone = 'UTC'").unwrap();
        let session = "insert into game.session (session_id, player_id, party_id, device, client_version, started_at, ended_at, \
                   end_reason) values ";
        let event = "insert into game.game_event (event_type, event_id, occurred_at, match_id, session_id, target_session_id, \
                 weapon, is_headshot, distance_cm, x_cm, y_cm, z_cm, target_x_cm, target_y_cm, target_z_cm, encounter_id, \
                 details) values ";
        let broken: Vec<(&str, String)> = vec![
        ("region_share_in_range", "insert into game.region values ('x', -1)".into()),
        ("currency_currency_iso", "insert into game.currency values ('usd', 2, 1)".into()),
        ("currency_digits_in_range", "insert into game.currency values ('EUR', 5, 1)".into()),
        ("currency_rate_positive", "insert into game.currency values ('EUR', 2, 0)".into()),
        ("country_country_iso", "insert into game.country values ('Germany', 'eu', 0, 'USD')".into()),
        ("country_offset_in_range", "insert into game.country values ('FR', 'eu', 841, 'USD')".into()),
        ("country_region_fkey", "insert into game.country values ('FR', 'no', 0, 'USD')".into()),
        ("country_currency_fkey", "insert into game.country values ('FR', 'eu', 0, 'XXX')".into()),
        ("device_device_not_empty", "insert into game.device values ('', 'pc')".into()),
        ("item_price_positive", "insert into game.item values (2, 'b', 'c', 0)".into()),
        ("item_item_key", "insert into game.item values (2, 'hat', 'c', 1)".into()),
        ("sale_ends_on_not_before", "insert into game.sale values ('s', '2026-01-02', '2026-01-01', 0)".into()),
        ("sale_discount_in_range", "insert into game.sale values ('s', '2026-01-01', '2026-01-01', 1000001)".into()),
        ("map_extent_positive", "insert into game.map values ('m', 0, 1, 1)".into()),
        ("mode_size_positive", "insert into game.mode values ('m', 0, 1, 1, true, 1)".into()),
        ("mode_speed_positive", "insert into game.mode values ('m', 1, 1, 1, true, 0)".into()),
        ("weapon_headshot_in_range", "insert into game.weapon values ('w', 1, 1000001)".into()),
        ("weapon_range_positive", "insert into game.weapon values ('w', 0, 1)".into()),
        ("achievement_metric_known", "insert into game.achievement values ('a', 'A', 'luck', 1)".into()),
        ("achievement_threshold_positive", "insert into game.achievement values ('a', 'A', 'kills', 0)".into()),
        ("anticheat_rule_threshold_positive", "insert into game.anticheat_rule values ('r', 'd', 0, 0, 0)".into()),
        ("player_player_id_positive", "insert into game.player values (0, '2026-01-01', 'DE', 'eu', 0, 'pc', 'new')".into()),
        ("player_segment_known", "insert into game.player values (9, '2026-01-01', 'DE', 'eu', 0, 'pc', 'old')".into()),
        ("player_country_fkey", "insert into game.player values (9, '2026-01-01', 'FR', 'eu', 0, 'pc', 'new')".into()),
        ("player_device_fkey", "insert into game.player values (9, '2026-01-01', 'DE', 'eu', 0, 'tv', 'new')".into()),
        (
            "session_session_id_of_player",
            format!("{session} (65537, 2, 1, 'pc', '1', '2026-02-01', '2026-02-02', 'logout')"),
        ),
        ("session_ended_at_later", format!("{session} (65537, 1, 1, 'pc', '1', '2026-02-01', '2026-02-01', 'logout')")),
        (
            "session_times_finite",
            format!("{session} (65537, 1, 1, 'pc', '1', '2026-02-01', 'infinity', 'logout')"),
        ),
        (
            "match_times_finite",
            "insert into game.match values (8, 0, 'eu', 1, 'yard', 'duel', '2026-01-01', 'infinity', 1, 'completed')".into(),
        ),
        ("session_end_whole", format!("{session} (65537, 1, 1, 'pc', '1', '2026-02-01', '2026-02-02', null)")),
        ("session_end_reason_known", format!("{session} (65537, 1, 1, 'pc', '1', '2026-02-01', '2026-02-02', 'bored')")),
        ("session_player_fkey", format!("{session} (589824, 9, 1, 'pc', '1', '2026-02-01', '2026-02-02', 'logout')")),
        (
            "session_device_fkey",
            format!("{session} (65535, 0, 1, 'tv', '1', '2025-02-01', '2025-02-02', 'logout')")
                .replace("(65535, 0,", "(65537, 1,"),
        ),
        ("session_player_no_overlap", format!("{session} (65537, 1, 1, 'pc', '1', '2026-02-01', null, null)")),
        (
            "match_ended_at_later",
            "insert into game.match values (8, 0, 'eu', 1, 'yard', 'duel', '2026-01-02', '2026-01-01', 1, 'completed')".into(),
        ),
        (
            "match_end_whole",
            "insert into game.match values (8, 0, 'eu', 1, 'yard', 'duel', '2026-01-01', '2026-01-02', 1, null)".into(),
        ),
        (
            "match_end_reason_known",
            "insert into game.match values (8, 0, 'eu', 1, 'yard', 'duel', '2026-01-01', '2026-01-02', 1, 'rain')".into(),
        ),
        (
            "match_winner_ended",
            "insert into game.match values (8, 0, 'eu', 1, 'yard', 'duel', '2026-01-01', null, 1, null)".into(),
        ),
        ("match_region_fkey", "insert into game.match values (8, 0, 'no', 1, 'yard', 'duel', '2026-01-01')".into()),
        ("match_map_fkey", "insert into game.match values (8, 0, 'eu', 1, 'moon', 'duel', '2026-01-01')".into()),
        ("match_mode_fkey", "insert into game.match values (8, 0, 'eu', 1, 'yard', 'chess', '2026-01-01')".into()),
        ("participation_match_fkey", "insert into game.participation values (8, 65536, 0, '2026-01-01')".into()),
        ("participation_session_fkey", "insert into game.participation values (7, 1, 0, '2026-01-01')".into()),
        ("participation_team_not_negative", "update game.participation set team_id = -1".into()),
        ("participation_left_at_later", "update game.participation set left_at = '2025-01-01'".into()),
        ("heartbeat_participation_fkey", "insert into game.heartbeat values (65536, '2026-01-01 11:00', 8, 0, 0, 0)".into()),
        (
            "game_event_kill_whole",
            format!(
                "{event} ('kill', 9, '2026-01-01 11:00', 7, 65536, 131072, null, true, 1, 1, 1, 1, 1, 1, 1, 1, '{{}}')"
            ),
        ),
        (
            "game_event_target_other",
            format!(
                "{event} ('assist', 9, '2026-01-01 11:00', 7, 65536, 65536, null, null, 1, 1, 1, 1, 1, 1, 1, 1, '{{}}')"
            ),
        ),
        (
            "game_event_distance_not_negative",
            format!(
                "{event} ('assist', 9, '2026-01-01 11:00', 7, 65536, 131072, null, null, -1, 1, 1, 1, 1, 1, 1, 1, '{{}}')"
            ),
        ),
        (
            "game_event_details_object",
            format!(
                "{event} ('assist', 9, '2026-01-01 11:00', 7, 65536, 131072, null, null, 1, 1, 1, 1, 1, 1, 1, 1, '[]')"
            ),
        ),
        (
            "game_event_event_type_fkey",
            format!("{event} ('nap', 9, '2026-01-01 11:00', 7, 65536, null, null, null, 1, 1, 1, 1, 1, 1, 1, 1, '{{}}')"),
        ),
        (
            "game_event_participation_fkey",
            format!(
                "{event} ('assist', 9, '2026-01-01 11:00', 8, 65536, null, null, null, 1, 1, 1, 1, 1, 1, 1, 1, '{{}}')"
            ),
        ),
        (
            "game_event_target_fkey",
            format!("{event} ('assist', 9, '2026-01-01 11:00', 7, 65536, 5, null, null, 1, 1, 1, 1, 1, 1, 1, 1, '{{}}')"),
        ),
        (
            "game_event_weapon_fkey",
            format!(
                "{event} ('assist', 9, '2026-01-01 11:00', 7, 65536, 131072, 'fork', null, 1, 1, 1, 1, 1, 1, 1, 1, '{{}}')"
            ),
        ),
        (
            "purchase_purchase_id_of_player",
            "insert into game.purchase values (1, 65536, '2026-01-01 11:00', 1, 'USD', 1, 1)".into(),
        ),
        (
            "purchase_price_positive",
            "insert into game.purchase values (1048577, 65536, '2026-01-01 11:00', 1, 'USD', 0, 1)".into(),
        ),
        (
            "purchase_session_fkey",
            "insert into game.purchase values (1048577, 65537, '2026-01-01 11:00', 1, 'USD', 1, 1)".into(),
        ),
        (
            "purchase_item_fkey",
            "insert into game.purchase values (1048577, 65536, '2026-01-01 11:00', 2, 'USD', 1, 1)".into(),
        ),
        (
            "purchase_currency_fkey",
            "insert into game.purchase values (1048577, 65536, '2026-01-01 11:00', 1, 'XXX', 1, 1)".into(),
        ),
        ("player_achievement_player_fkey", "insert into game.player_achievement values (9, 'founder', now())".into()),
        ("player_achievement_achievement_fkey", "insert into game.player_achievement values (1, 'none', now())".into()),
        ("anticheat_flag_rule_fkey", "insert into game.anticheat_flag values ('none', 65536, now(), 'x', '{}')".into()),
        ("anticheat_flag_session_fkey", "insert into game.anticheat_flag values ('manual', 1, now(), 'x', '{}')".into()),
        (
            "anticheat_flag_evidence_object",
            "insert into game.anticheat_flag values ('manual', 65536, now(), 'x', '1')".into(),
        ),
        ("level_up_session_fkey", "insert into game.level_up values (1, now(), 2, 1)".into()),
        ("level_up_level_above_first", "insert into game.level_up values (131072, now(), 1, 1)".into()),
        ("ban_player_fkey", "insert into game.ban values (9, now(), 'manual', false)".into()),
        ("ban_rule_fkey", "insert into game.ban values (2, now(), 'none', false)".into()),
        ("ban_banned_at_finite", "insert into game.ban values (2, 'infinity', 'manual', false)".into()),
        ("session_counter_not_negative", "update game.session_counter set heartbeats = -1".into()),
        ("session_counter_session_fkey", "insert into game.session_counter (session_id) values (1)".into()),
        ("player_counter_not_negative", "update game.player_counter set headshots = kills + 1".into()),
        ("player_counter_player_fkey", "insert into game.player_counter (player_id) values (9)".into()),
        ("run_days_positive", "insert into game.run values ('h', 's', 4, '2026-01-01', 0)".into()),
        (
            "audit_log_rows_match_operation",
            "insert into audit.audit_log (link_id, table_name, operation, row_key, changed_by, application, changed_at, \
             entry_hash) values (1, 't', 'insert', '{}', 'x', 'x', now(), '')"
                .into(),
        ),
        ("link_sealed_whole", "insert into audit.link (table_name, link_no) values ('t', 1000)".into()),
        ("head_is_only", "insert into audit.head values (false, 1, '')".into()),
    ];
        let mut hit: BTreeSet<String> = BTreeSet::new();
        for (constraint, statement) in &broken {
            let said = refusal(&mut client, statement);
            assert_eq!(said.constraint(), Some(*constraint), "{statement}: {}", said.message());
            hit.insert((*constraint).to_owned());
        }
        // Keys: a row that is there cannot come again.
        let keys = "select conrelid::regclass::text, conname, (select string_agg(quote_ident(attname), ', ') from pg_attribute \
                where attrelid = conrelid and attnum > 0) from pg_constraint where contype in ('p', 'u') and connamespace in \
                ('game'::regnamespace, 'audit'::regnamespace) and conparentid = 0 and conname <> 'item_item_key'";
        for row in ask(&mut client, keys) {
            let [table, name, columns] = &row[..] else { panic!("{row:?}") };
            assert_ne!(one(&mut client, &format!("select count(*) from {table}")), "0", "{table}: nothing to repeat");
            let again = format!(
                "insert into {table} ({columns}) overriding system value select {columns} from {table} limit 1"
            );
            let said = refusal(&mut client, &again);
            assert_eq!(said.code().code(), "23505", "{table}: {}", said.message());
            hit.insert(name.clone());
        }
        let all = "select distinct conname from pg_constraint where connamespace in ('game'::regnamespace, \
               'audit'::regnamespace) and contype in ('c', 'f', 'p', 'u', 'x') and conparentid = 0 \
               and conname !~ '_2026'";
        let all: BTreeSet<String> = ask(&mut client, all).into_iter().map(|row| row[0].clone()).collect();
        let missed: Vec<_> = all.difference(&hit).collect();
        assert!(missed.is_empty(), "constraints that no bad row hits: {missed:?}");

        // What is added once is never changed, whoever asks.
        for table in [
            "heartbeat",
            "game_event",
            "purchase",
            "player_achievement",
            "anticheat_flag",
            "game_event_key",
            "level_up",
            "ban",
        ] {
            for change in ["delete from game.", "truncate game."] {
                assert_eq!(refusal(&mut client, &format!("{change}{table}")).code().code(), "SK007", "{change}{table}");
            }
        }
        assert_eq!(refusal(&mut client, "update game.heartbeat set x_cm = 1").code().code(), "SK007");
        assert_eq!(refusal(&mut client, "update game.heartbeat_20260101 set x_cm = 1").code().code(), "SK007");
        assert_eq!(refusal(&mut client, "update audit.audit_log set changed_by = 'me'").code().code(), "SK007");
        assert_eq!(refusal(&mut client, "delete from audit.link").code().code(), "SK007");
        // Everything says what it is.
        let silent = "select c.oid::regclass::text from pg_class c where c.relkind in ('r', 'p', 'v') and c.relnamespace in \
                  ('game'::regnamespace, 'audit'::regnamespace, 'api'::regnamespace) and not c.relispartition \
                  and obj_description(c.oid, 'pg_class') is null";
        assert_eq!(ask(&mut client, silent), Vec::<Vec<String>>::new());
        // Every routine that runs as its owner has a fixed path, with nobody's tables on it.
        let loose = "select oid::regprocedure::text from pg_proc where pronamespace in ('game'::regnamespace, \
                 'audit'::regnamespace, 'api'::regnamespace) and not coalesce('search_path=pg_catalog, pg_temp' = \
                 any(proconfig), false)";
        assert_eq!(ask(&mut client, loose), Vec::<Vec<String>>::new());
    }
}

/// Calls in order, with the code that each must be refused with; empty if it goes through.
const CALLS: [(&str, &str); 150] = [
    // Batches.
    (
        "call api.start_sessions(array[1::bigint], array[]::int[], array[]::bigint[], array[]::text[], array[]::text[], array[]::timestamptz[])",
        "SK001",
    ),
    ("call api.record_heartbeats(null, null, null, null, null, null)", "SK001"),
    (
        "call api.record_heartbeats(array[]::bigint[], array[]::timestamptz[], array[]::bigint[], array[]::int[], array[]::int[], array[]::int[])",
        "",
    ),
    (
        "call api.end_sessions(array_fill(1::bigint, array[100001]), array_fill(now(), array[100001]), array_fill('logout'::text, array[100001]))",
        "SK001",
    ),
    // The catalogue.
    ("call api.register_catalogue('[]')", "SK001"),
    ("call api.register_catalogue(null)", "SK001"),
    ("call api.register_catalogue('{\"planets\": []}')", "SK001"),
    ("call api.register_catalogue('{\"items\": {}}')", "SK001"),
    (
        "call api.register_catalogue('{\"items\": [{\"item_id\": 1, \"item\": \"hat\", \"category\": \"cosmetic\", \"price_usd_cents\": 120}]}')",
        "",
    ),
    // Players.
    ("call api.register_player(1, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', 'new')", ""),
    ("call api.register_player(1, '2026-01-02', 'DE', 'eu', 0::smallint, 'pc', 'new')", "SK004"),
    ("call api.register_player(4, '2026-01-01', 'FR', 'eu', 0::smallint, 'pc', 'new')", "SK002"),
    ("call api.register_player(4, null, 'DE', 'eu', 0::smallint, 'pc', 'new')", "SK001"),
    ("call api.register_player(4, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', 'new')", ""),
    ("call api.register_player(4, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', 'veteran')", ""),
    // Matches.
    ("call api.start_match(7, 0::smallint, 'eu', 1, 'yard', 'duel', '2026-01-01 09:00Z')", ""),
    ("call api.start_match(7, 0::smallint, 'eu', 2, 'yard', 'duel', '2026-01-01 09:00Z')", "SK004"),
    ("call api.start_match(8, 0::smallint, 'eu', 1, 'moon', 'duel', '2026-01-01 09:00Z')", "SK002"),
    ("call api.start_match(8, 0::smallint, 'eu', 1, 'yard', 'duel', null)", "SK001"),
    ("call api.start_match(8, 0::smallint, 'eu', 1, 'yard', 'duel', '2026-01-01 09:00Z')", ""),
    ("call api.end_match(8, '2026-01-01 08:00Z', null, 'completed')", "SK003"),
    ("call api.end_match(8, '2026-01-01 10:00Z', null, 'rain')", "SK001"),
    ("call api.end_match(9, '2026-01-01 10:00Z', null, 'completed')", "SK002"),
    ("call api.end_match(8, '2026-01-01 10:00Z', 1::smallint, 'completed')", ""),
    ("call api.end_match(8, '2026-01-01 10:00Z', 1::smallint, 'completed')", ""),
    ("call api.end_match(8, '2026-01-01 10:00Z', 0::smallint, 'completed')", "SK004"),
    // Sessions.
    ("call api.start_session(65536, 1, 65536, 'pc', '1.0', '2026-01-01 09:00Z')", ""),
    ("call api.start_session(65536, 1, 65536, 'pc', '1.1', '2026-01-01 09:00Z')", "SK004"),
    ("call api.start_session(65537, 1, 65537, 'pc', '1.0', '2026-01-01 12:00Z')", "SK005"),
    ("call api.start_session(65537, 2, 65537, 'pc', '1.0', '2026-01-01 12:00Z')", "SK001"),
    ("call api.start_session(589824, 9, 589824, 'pc', '1.0', '2026-01-01 12:00Z')", "SK002"),
    ("call api.start_session(262144, 4, 262144, 'tv', '1.0', '2026-01-01 12:00Z')", "SK002"),
    ("call api.start_session(262144, 4, 262144, 'pc', null, '2026-01-01 12:00Z')", "SK001"),
    ("call api.start_session(262144, 4, 262144, 'pc', '1.0', '2026-01-01 12:00Z')", ""),
    ("call api.end_session(262144, '2026-01-01 12:00Z', 'logout')", "SK003"),
    ("call api.end_session(262144, '2026-01-01 13:00Z', 'bored')", "SK001"),
    ("call api.end_session(262145, '2026-01-01 13:00Z', 'logout')", "SK002"),
    ("call api.end_session(262144, '2026-01-01 13:00Z', 'logout')", ""),
    ("call api.end_session(262144, '2026-01-01 13:00Z', 'logout')", ""),
    ("call api.end_session(262144, '2026-01-01 13:01Z', 'logout')", "SK004"),
    // The next may begin in the second in which the last one ended, and not before.
    ("call api.start_session(262145, 4, 262145, 'pc', '1.0', '2026-01-01 12:59:59Z')", "SK005"),
    ("call api.start_session(262145, 4, 262145, 'pc', '1.0', '2026-01-01 13:00Z')", ""),
    // Two of one player in one batch, of which the first has no end.
    (
        "call api.start_sessions(array[131073, 131074]::bigint[], array[2, 2], array[1, 1]::bigint[], array['pc', 'pc'], array['1', '1'], array['2025-01-01', '2025-01-02']::timestamptz[])",
        "SK005",
    ),
    // Places in matches.
    ("call api.join_match(7, 65536, 0::smallint, '2026-01-01 09:00Z')", ""),
    ("call api.join_match(7, 65536, 1::smallint, '2026-01-01 09:00Z')", "SK004"),
    ("call api.join_match(7, 262145, 2::smallint, '2026-01-01 13:30Z')", "SK003"),
    ("call api.join_match(7, 262145, 1::smallint, '2026-01-01 12:30Z')", "SK003"),
    ("call api.join_match(8, 262145, 1::smallint, '2026-01-01 13:30Z')", "SK003"),
    ("call api.join_match(9, 262145, 1::smallint, '2026-01-01 13:30Z')", "SK002"),
    ("call api.join_match(7, 262145, null, '2026-01-01 13:30Z')", "SK001"),
    ("call api.join_match(7, 262145, 1::smallint, '2026-01-01 13:30Z')", ""),
    ("call api.leave_match(7, 262145, '2026-01-01 13:00Z')", "SK003"),
    ("call api.leave_match(7, 262144, '2026-01-01 13:00Z')", "SK002"),
    ("call api.leave_match(7, 262145, null)", "SK001"),
    ("call api.leave_match(7, 262145, '2026-01-01 14:00Z')", ""),
    ("call api.leave_match(7, 262145, '2026-01-01 14:01Z')", "SK004"),
    // Heartbeats.
    ("call api.record_heartbeat(65536, '2026-01-01 10:00Z', 7, 1, 2, 3)", ""),
    ("call api.record_heartbeat(65536, '2026-01-01 10:00Z', 7, 1, 2, 3)", ""),
    ("call api.record_heartbeat(65536, '2026-01-01 10:00Z', 7, 1, 2, 4)", "SK004"),
    ("call api.record_heartbeat(65536, '2026-01-01 08:59:59Z', 7, 1, 2, 3)", "SK003"),
    ("call api.record_heartbeat(262145, '2026-01-01 14:00Z', 7, 1, 2, 3)", "SK003"),
    ("call api.record_heartbeat(65536, '2026-01-01 10:00Z', 8, 1, 2, 3)", "SK004"),
    ("call api.record_heartbeat(65536, '2026-01-01 10:01Z', 8, 1, 2, 3)", "SK002"),
    ("call api.record_heartbeat(65536, '2026-01-03 10:00Z', 7, 1, 2, 3)", "SK006"),
    ("call api.record_heartbeat(65536, '2026-01-01 10:01Z', 7, null, 2, 3)", "SK001"),
    ("call api.record_heartbeat(null, '2026-01-01 10:01Z', 7, 1, 2, 3)", "SK001"),
    (
        "call api.record_heartbeats(array[65536, 65536]::bigint[], array['2026-01-01 10:02Z', '2026-01-01 10:02Z']::timestamptz[], array[7, 7]::bigint[], array[1, 1], array[1, 1], array[1, 1])",
        "",
    ),
    (
        "call api.record_heartbeats(array[65536, 65536]::bigint[], array['2026-01-01 10:03Z', '2026-01-01 10:03Z']::timestamptz[], array[7, 7]::bigint[], array[1, 2], array[1, 1], array[1, 1])",
        "SK004",
    ),
    ("call api.end_session(65536, '2026-01-01 10:02Z', 'logout')", "SK003"),
    // Events.
    (
        "call api.record_event('kill', 1, '2026-01-01 10:00Z', 7, 65536, 131072, 'rifle', true, 5, 0, 0, 0, 0, 0, 0, 1)",
        "",
    ),
    (
        "call api.record_event('kill', 1, '2026-01-01 10:00Z', 7, 65536, 131072, 'rifle', true, 5, 0, 0, 0, 0, 0, 0, 1)",
        "",
    ),
    (
        "call api.record_event('kill', 1, '2026-01-01 10:00Z', 7, 65536, 131072, 'rifle', false, 5, 0, 0, 0, 0, 0, 0, 1)",
        "SK004",
    ),
    (
        "call api.record_event('kill', 1, '2026-01-02 10:00Z', 7, 65536, 131072, 'rifle', true, 5, 0, 0, 0, 0, 0, 0, 1)",
        "SK004",
    ),
    (
        "call api.record_event('kill', 2, '2026-01-01 10:00Z', 7, 65536, 131072, 'fork', true, 5, 0, 0, 0, 0, 0, 0, 1)",
        "SK002",
    ),
    (
        "call api.record_event('kill', 2, '2026-01-01 08:00Z', 7, 65536, 131072, 'rifle', true, 5, 0, 0, 0, 0, 0, 0, 1)",
        "SK003",
    ),
    ("call api.record_event('nap', 2, '2026-01-01 10:00Z', 7, 65536)", "SK002"),
    ("call api.record_event('report', 2, '2026-01-01 10:00Z', 7, 65536, detail => '[]')", "SK001"),
    ("call api.record_event('report', 2, '2026-01-05 10:00Z', 7, 65536)", "SK006"),
    ("call api.record_event('report', 2, '2026-01-01 10:00Z', 7, 65536, detail => '{\"of\": \"x''; drop\"}')", ""),
    // Purchases.
    ("call api.record_purchase(1048576, 65536, '2026-01-01 10:00Z', 1, 'USD', 100, 100)", ""),
    ("call api.record_purchase(1048576, 65536, '2026-01-02 10:00Z', 1, 'USD', 100, 100)", "SK004"),
    ("call api.record_purchase(1048577, 65536, '2026-01-01 10:00Z', 1, 'USD', 0, 100)", "SK001"),
    ("call api.record_purchase(1048577, 65536, '2026-01-01 10:00Z', 2, 'USD', 100, 100)", "SK002"),
    ("call api.record_purchase(1048577, 65536, '2026-01-01 08:00Z', 1, 'USD', 100, 100)", "SK003"),
    // One number twice in a batch, alike and not.
    (
        "call api.record_purchases(array[1048580, 1048580]::bigint[], array[65536, 65536]::bigint[], array['2026-01-01 10:00Z', '2026-01-01 10:00Z']::timestamptz[], array[1, 1], array['USD', 'USD'], array[1, 1], array[1, 1])",
        "",
    ),
    (
        "call api.record_purchases(array[1048581, 1048581]::bigint[], array[65536, 65536]::bigint[], array['2026-01-01 10:00Z', '2026-01-02 10:00Z']::timestamptz[], array[1, 1], array['USD', 'USD'], array[1, 1], array[1, 1])",
        "SK004",
    ),
    (
        "call api.register_players(array[5, 5], array['2026-01-01', '2026-01-01']::date[], array['DE', 'DE'], array['eu', 'eu'], array[0, 0]::smallint[], array['pc', 'pc'], array['new', 'new'])",
        "",
    ),
    // What has happened bounds the end.
    ("call api.end_session(131072, '2026-01-01 09:30Z', 'logout')", "SK003"),
    ("call api.end_session(65536, 'infinity', 'logout')", "SK001"),
    ("call api.leave_match(7, 65536, '2026-01-01 09:30Z')", "SK003"),
    ("call api.end_match(7, '2026-01-01 20:00Z', 2::smallint, 'completed')", "SK001"),
    (
        "call api.record_heartbeats(array[65536, 65536]::bigint[], array['2026-01-01 11:00Z', null]::timestamptz[], array[7, 7]::bigint[], array[1, 1], array[1, 1], array[1, 1])",
        "SK001",
    ),
    ("call api.end_match(7, '2026-01-01 12:00Z', 1::smallint, 'completed')", ""),
    ("call api.record_heartbeat(65536, '2026-01-01 12:00Z', 7, 1, 2, 3)", "SK003"),
    ("call api.record_event('report', 3, '2026-01-01 12:00Z', 7, 65536)", "SK003"),
    // Streams and runs.
    ("call api.claim_stream('s', '2026-01-01')", ""),
    ("call api.advance_stream('s', '2026-01-02', '2026-01-03')", "SK009"),
    ("call api.advance_stream('s', '2026-01-01', '2026-01-01')", "SK001"),
    ("call api.advance_stream('s', null, '2026-01-02')", "SK001"),
    ("call api.advance_stream('s', '2026-01-01', '2026-01-02')", ""),
    ("call api.register_run('one', 'quickstart', 4, '2026-01-01', 3)", ""),
    ("call api.register_run('one', 'quickstart', 4, '2026-01-01', 3)", ""),
    ("call api.register_run('one', 'quickstart', 4, '2026-01-01', 4)", "SK008"),
    ("call api.register_run('two', 'quickstart', 4, '2026-01-01', 3)", "SK008"),
    // What only a constraint knows is refused with a code and a remedy all the same.
    ("call api.record_event('kill', 9, '2026-01-01 10:00Z', 7, 65536)", "SK001"),
    (
        "call api.record_event('kill', 9, '2026-01-01 10:00Z', 7, 65536, 65536, 'rifle', true, 5, 0, 0, 0, 0, 0, 0, 1)",
        "SK001",
    ),
    (
        "call api.record_event('kill', 9, '2026-01-01 10:00Z', 7, 65536, 131072, 'rifle', true, -5, 0, 0, 0, 0, 0, 0, 1)",
        "SK001",
    ),
    ("call api.record_heartbeat(65536, 'infinity', 7, 0, 0, 0)", "SK006"),
    ("call api.register_player(0, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', 'new')", "SK001"),
    ("call api.register_player(9, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', 'bogus')", "SK001"),
    ("call api.register_player(9, 'infinity', 'DE', 'eu', 0::smallint, 'pc', 'new')", "SK001"),
    ("call api.register_catalogue('{\"regions\": [1]}')", "SK001"),
    ("call api.register_catalogue('{\"regions\": [{\"region\": \"zz\"}]}')", "SK001"),
    ("call api.register_catalogue('{\"regions\": [{\"region\": \"zz\", \"share_ppm\": -5}]}')", "SK001"),
    ("call api.register_catalogue('{\"regions\": [{\"region\": \"zz\", \"share_ppm\": \"abc\"}]}')", "SK001"),
    (
        "call api.register_catalogue('{\"countries\": [{\"country\": \"XX\", \"region\": \"zz\", \"utc_offset_minutes\": 0, \"currency\": \"USD\"}]}')",
        "SK001",
    ),
    ("call api.register_run(null, null, null, null, null)", "SK001"),
    // Days that no calendar of ours has, or whose partitions would have the names of others.
    ("call api.open_day('4714-11-24 BC')", "SK001"),
    ("call api.open_day('0001-01-01 BC')", "SK001"),
    ("call api.open_day('99999-01-01')", "SK001"),
    ("call api.open_day('infinity')", "SK001"),
    ("call api.seal_day(null)", "SK001"),
    ("call api.unlock_achievement(1, 'founder', 'infinity')", "SK001"),
    ("call api.unlock_achievement(1, 'veteran', '2026-01-02')", "SK003"),
    // Achievements and flags.
    ("call api.unlock_achievement(1, 'founder', '2026-01-01')", ""),
    ("call api.unlock_achievement(1, 'founder', '2026-01-02')", "SK004"),
    ("call api.unlock_achievement(1, 'none', '2026-01-02')", "SK002"),
    ("call api.raise_flag('manual', 65536, '2026-01-01 08:00Z', '{}')", "SK003"),
    ("call api.unlock_achievement(1, 'game/seasoned', '2026-01-01')", ""),
    (
        "call api.register_catalogue('{\"achievements\": [{\"achievement\": \"veteran\", \"title\": \"V\", \"threshold\": 5}]}')",
        "SK004",
    ),
    (
        "call api.register_catalogue('{\"sales\": [{\"sale\": \"s\", \"starts_on\": \"2026-01-02\", \"ends_on\": \"2026-01-01\", \"discount_ppm\": 1}]}')",
        "SK001",
    ),
    // Levels.
    ("call api.reach_level(65536, '2026-01-01 11:00Z', 5::smallint, 900)", ""),
    ("call api.reach_level(65536, '2026-01-01 11:00Z', 5::smallint, 900)", ""),
    ("call api.reach_level(65536, '2026-01-01 11:00Z', 6::smallint, 900)", "SK004"),
    ("call api.reach_level(262144, '2026-01-01 13:00:01Z', 5::smallint, 900)", "SK003"),
    ("call api.reach_level(262144, '2026-01-01 13:00Z', 1::smallint, 900)", "SK001"),
    ("call api.reach_level(262144, null, 5::smallint, 900)", "SK001"),
    ("call api.reach_level(7, '2026-01-01 13:00Z', 5::smallint, 900)", "SK002"),
    ("call api.reach_level(262144, '2026-01-01 13:00Z', 5::smallint, 900)", ""),
    // Bans: nobody plays after one.
    ("call api.ban_player(4, '2026-01-01 12:30Z', 'manual')", "SK003"),
    ("call api.ban_player(4, '2026-01-02', 'none')", "SK002"),
    ("call api.ban_player(99, '2026-01-02', 'manual')", "SK002"),
    ("call api.ban_player(4, 'infinity', 'manual')", "SK001"),
    ("call api.ban_player(4, '2026-01-02', null)", "SK001"),
    ("call api.ban_player(4, '2026-01-02', 'manual', true)", ""),
    ("call api.ban_player(4, '2026-01-02', 'manual', true)", ""),
    ("call api.ban_player(4, '2026-01-03', 'manual', true)", "SK004"),
    ("call api.end_session(262145, '2026-01-01 15:00Z', 'logout')", ""),
    ("call api.start_session(262146, 4, 262146, 'pc', '1.0', '2026-01-02 00:00Z')", "SK010"),
    ("call api.start_session(262146, 4, 262146, 'pc', '1.0', '2026-01-01 23:59:59Z')", ""),
];

#[test]
fn procedures_take_what_is_right_and_name_what_is_not() {
    for server in Server::each("procedures of PostgreSQL") {
        let mut client = connect(&server.database("procedures"));
        client.batch_execute("set role skirmish_ingest").unwrap();
        build_world(&mut client);
        for (call, code) in CALLS {
            match client.batch_execute(call) {
                Ok(()) => assert_eq!(code, "", "goes through: {call}"),
                Err(error) => {
                    let said = error.as_db_error().unwrap_or_else(|| panic!("{call}: {error:?}"));
                    assert_eq!(said.code().code(), code, "{call}: {}", said.message());
                    assert!(said.hint().is_some_and(|hint| !hint.is_empty()), "{call}: no remedy");
                }
            }
        }
        // A chain that is sealed before its time would be broken for good.
        let hasty = "begin; set constraints all immediate; \
                 call api.start_match(20, 0::smallint, 'eu', 1, 'yard', 'duel', '2026-01-01 09:00Z'); commit";
        client.batch_execute("set role skirmish_ingest").unwrap();
        client.batch_execute(hasty).unwrap();
        client.batch_execute("reset role").unwrap();
        // A change of what may change is in the audit log with what it was; the same again is not.
        client.batch_execute("reset role").unwrap();
        let price = "select old_row -> 'price_usd_cents', new_row -> 'price_usd_cents' from audit.audit_log \
                 where table_name = 'game.item' and operation = 'update'";
        assert_eq!(ask(&mut client, price), [["100", "120"]]);
        assert_eq!(one(&mut client, "select count(*) from audit.verify()"), "0");
        // Every procedure of a batch has one of a row, and every refusal's code is explained.
        let lonely = "select proname from pg_proc where pronamespace = 'api'::regnamespace and prokind = 'p' \
                  and proname ~ '^(start|end|join|leave|record|unlock|reach|raise|ban|register_pl)' group by 1 having count(*) <> 1";
        assert_eq!(ask(&mut client, lonely), Vec::<Vec<String>>::new());
    }
}

#[test]
fn rights_are_the_least_and_attacks_fail() {
    for server in Server::each("rights in PostgreSQL") {
        let url = server.database("rights");
        let mut client = connect(&url);
        build_world(&mut client);
        let roles = "create role feeder login in role skirmish_ingest; create role reader login in role skirmish_analyst; \
                 create role auditor login in role skirmish_auditor; create role nobody_at_all login";
        client.batch_execute(roles).unwrap();
        let login = |name: &str| connect(&url.replace("user=postgres", &format!("user={name}")));
        let tables = "select oid::regclass::text from pg_class where relkind in ('r', 'p') and relnamespace in \
                  ('game'::regnamespace, 'audit'::regnamespace)";
        let tables: Vec<String> = ask(&mut client, tables).into_iter().map(|row| row[0].clone()).collect();
        assert!(tables.len() > 30);
        for name in ["feeder", "reader", "auditor", "nobody_at_all"] {
            let mut who = login(name);
            for table in &tables {
                let may_read = name == "auditor"
                    && ["audit.audit_log", "audit.link", "audit.head"].contains(&table.as_str())
                    || name == "feeder" && table == "audit.audit_log";
                assert_eq!(
                    who.simple_query(&format!("select * from {table} limit 1")).is_ok(),
                    may_read,
                    "{name} {table}"
                );
                for change in ["insert into {} default values", "delete from {}", "truncate {}", "drop table {}"] {
                    let said = refusal(&mut who, &change.replace("{}", table));
                    assert_eq!(said.code().code(), "42501", "{name} {change} {table}: {}", said.message());
                }
            }
            let procedures = "select oid::regprocedure::text, has_function_privilege(oid, 'execute'), pronamespace::regnamespace, \
                          proname from pg_proc where pronamespace in ('game'::regnamespace, 'audit'::regnamespace, \
                          'api'::regnamespace)";
            for row in ask(&mut who, procedures) {
                let may = match (name, row[2].as_str(), row[3].as_str()) {
                    ("feeder", "api", _) | ("auditor", "audit", "verify") => "t",
                    ("reader" | "auditor", "api", "schema_version") => "t",
                    _ => "f",
                };
                assert_eq!(row[1], may, "{name}: {}", row[0]);
            }
            let views =
                "select oid::regclass::text from pg_class where relkind = 'v' and relnamespace = 'api'::regnamespace";
            for row in ask(&mut client, views) {
                let may = name == "reader" || name == "auditor" && row[0] == "api.flagged_players";
                assert_eq!(
                    who.simple_query(&format!("select * from {} limit 1", row[0])).is_ok(),
                    may,
                    "{name} {}",
                    row[0]
                );
            }
            let created = who.batch_execute("create table game.mine (n int)");
            assert!(created.is_err(), "{name} may create tables");
        }
        // Ingesters see of the audit trail what they did, auditors all of it.
        let mut feeder = login("feeder");
        feeder
            .batch_execute("call api.register_player(5, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', 'new')")
            .unwrap();
        assert_eq!(ask(&mut feeder, "select distinct changed_by from audit.audit_log"), [["feeder"]]);
        let mut auditor = login("auditor");
        assert_eq!(
            ask(&mut auditor, "select distinct changed_by from audit.audit_log order by 1"),
            [["feeder"], ["postgres"]]
        );
        assert_eq!(one(&mut auditor, "select count(*) from audit.verify()"), "0");

        // The caller's own functions and tables, in front of the path, are nobody's business but the caller's.
        let trap = "create temp table player as select 1 as player_id;
                create function pg_temp.sha256(bytea) returns bytea language plpgsql as
                $$ begin raise exception 'trapped as %', current_user; end $$;
                create function pg_temp.hashtext(text) returns integer language plpgsql as
                $$ begin raise exception 'trapped as %', current_user; end $$;
                create operator pg_temp.= (leftarg = integer, rightarg = integer, procedure = int4ne);
                set search_path = pg_temp, pg_catalog, public";
        feeder.batch_execute(trap).unwrap();
        feeder
            .batch_execute("call api.register_player(6, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', 'new')")
            .unwrap();
        assert_eq!(one(&mut client, "select count(*) from game.player where player_id in (5, 6)"), "2");
        // Names and documents are values, whatever they look like.
        let hostile = r#"{"items": [{"item_id": 66, "item": "x'); drop table game.item; --", "category": "\"{a,b}\\",
        "price_usd_cents": 1}], "devices": [{"device": "$1 %s \u0027; select 1", "platform": "${x}"}]}"#;
        let statement = feeder.prepare("call api.register_catalogue($1::text::jsonb)").unwrap();
        feeder.execute(&statement, &[&hostile]).unwrap();
        let version = "call api.start_session($1, 6, $1, '$1 %s ''; select 1', '1''; drop schema game cascade; --', '2026-01-01')";
        feeder.batch_execute(&version.replace("$1,", "393216,")).unwrap();
        assert_eq!(
            ask(&mut client, "select item, category from game.item where item_id = 66"),
            [["x'); drop table game.item; --", "\"{a,b}\\"]]
        );
        let said = refusal(&mut feeder, "call api.open_day('infinity')");
        assert_eq!(said.code().code(), "SK001");
        assert_eq!(one(&mut client, "select count(*) from audit.verify()"), "0");
    }
}

#[test]
fn the_audit_trail_shows_what_was_done_to_it() {
    for server in Server::each("the audit trail") {
        // Whoever owns the database can switch triggers off; the chain shows it.
        let off = "set session_replication_role = replica;";
        let cases = [
            (
                "entry was altered",
                "update audit.audit_log set new_row = new_row || '{\"segment\": \"veteran\"}' where entry_id = (select max(entry_id) from audit.audit_log where table_name = 'game.player')",
            ),
            ("entry was altered", "update audit.audit_log set changed_by = 'somebody else' where entry_id = 3"),
            (
                "entry was altered",
                "update audit.audit_log set changed_at = changed_at + interval '1 microsecond' where entry_id = 3",
            ),
            (
                "entries were deleted",
                "delete from audit.audit_log where entry_id = (select max(entry_id) from audit.audit_log where table_name = 'game.player')",
            ),
            (
                "entries were deleted",
                "delete from audit.audit_log where link_id = (select link_id from audit.link where link_no = 4)",
            ),
            (
                "entries were added",
                "insert into audit.audit_log (link_id, table_name, operation, row_key, new_row, changed_by, application, changed_at, entry_hash) select link_id, table_name, operation, row_key, new_row, changed_by, application, changed_at, entry_hash from audit.audit_log where entry_id = 3",
            ),
            (
                "entry has no link",
                "insert into audit.audit_log (link_id, table_name, operation, row_key, new_row, changed_by, application, changed_at, entry_hash) select 999999, table_name, operation, row_key, new_row, changed_by, application, changed_at, entry_hash from audit.audit_log where entry_id = 3",
            ),
            (
                "entries were exchanged",
                "update audit.audit_log a set entry_hash = b.entry_hash, new_row = b.new_row, row_key = b.row_key from audit.audit_log b where a.link_id = b.link_id and a.table_name = 'game.player' and b.entry_id = a.entry_id + 1",
            ),
            ("link before this one is not the one that was there", "delete from audit.link where link_no = 4"),
            ("link was altered", "update audit.link set sealed_at = sealed_at - interval '1 day' where link_no = 4"),
            (
                "head is not the last link",
                "delete from audit.audit_log where link_id = (select link_id from audit.link order by link_no desc limit 1); delete from audit.link where link_no = (select max(link_no) from audit.link)",
            ),
            ("there is no head", "delete from audit.head"),
        ];
        for (n, (problem, damage)) in cases.into_iter().enumerate() {
            let mut client = connect(&server.database(&format!("tampered_{n}")));
            build_world(&mut client);
            assert_eq!(ask(&mut client, "select * from audit.verify()"), Vec::<Vec<String>>::new());
            client.batch_execute(&format!("{off} {damage}")).unwrap();
            let found = ask(&mut client, "select problem from audit.verify()");
            assert!(found.iter().any(|row| row[0] == problem), "{problem} not in {found:?} after {damage}");
        }
        // A chain that is written anew from some point is whole, but does not go through the head that was written down.
        let mut client = connect(&server.database("anew"));
        build_world(&mut client);
        let head = ask(&mut client, "select link_no, link_hash::text from audit.head");
        let verify = format!("select problem from audit.verify({}, '{}')", head[0][0], head[0][1]);
        // A head that is half known proves nothing, and is no proof.
        for half in ["null, '\\x00'", "3, null", "0, '\\x00'", "-1, '\\x00'"] {
            let said = ask(&mut client, &format!("select problem from audit.verify({half})"));
            assert_eq!(said, [["chain does not go through the known head"]], "{half}");
        }
        assert_eq!(ask(&mut client, &verify), Vec::<Vec<String>>::new());
        client
            .batch_execute("call api.register_player(8, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', 'new')")
            .unwrap();
        assert_eq!(ask(&mut client, &verify), Vec::<Vec<String>>::new());
        let anew = "do $$
        declare l audit.link; before bytea := sha256('skirmish'::bytea);
        begin
            update audit.audit_log e set changed_by = 'nobody';
            update audit.audit_log e set entry_hash = audit.hash_of_entry(e);
            for l in select * from audit.link order by link_no loop
                l.previous_hash := before;
                select sha256(string_agg(entry_hash, ''::bytea order by entry_id)) into l.content_hash
                from audit.audit_log where link_id = l.link_id;
                before := audit.hash_of_link(l);
                update audit.link k set previous_hash = l.previous_hash, content_hash = l.content_hash, link_hash = before
                where k.link_id = l.link_id;
            end loop;
            update audit.head set link_hash = before;
        end $$";
        client.batch_execute(&format!("{off} {anew}")).unwrap();
        assert_eq!(ask(&mut client, "select problem from audit.verify()"), Vec::<Vec<String>>::new());
        assert_eq!(ask(&mut client, &verify), [["chain does not go through the known head"]]);

        // One link a transaction and table, none for what changes nothing or is taken back; two who write do not queue.
        let url = server.database("links");
        let mut client = connect(&url);
        build_world(&mut client);
        let links = "select count(*) from audit.link";
        let before: i64 = one(&mut client, links).parse().unwrap();
        let change = |n: i32, segment: &str| {
            format!("call api.register_player({n}, '2026-01-01', 'DE', 'eu', 0::smallint, 'pc', '{segment}');")
        };
        client
            .batch_execute(&format!(
                "begin; {}{}{} commit",
                change(1, "veteran"),
                change(2, "veteran"),
                change(3, "new")
            ))
            .unwrap();
        assert_eq!(one(&mut client, links), (before + 1).to_string());
        client.batch_execute(&change(1, "veteran")).unwrap();
        client.batch_execute(&format!("begin; {} rollback", change(1, "new"))).unwrap();
        assert_eq!(one(&mut client, links), (before + 1).to_string());
        let mut other = connect(&url);
        client.batch_execute(&format!("begin; {}", change(1, "new"))).unwrap();
        other.batch_execute(&format!("set lock_timeout = '5s'; {}", change(2, "new"))).unwrap();
        client.batch_execute("commit").unwrap();
        assert_eq!(ask(&mut client, "select * from audit.verify()"), Vec::<Vec<String>>::new());
        let keys = "select operation, row_key ->> 'player_id' from audit.audit_log where table_name = 'game.player' \
                order by entry_id desc limit 2";
        assert_eq!(ask(&mut client, keys), [["update", "2"], ["update", "1"]]);
    }
}

#[test]
fn cheats_are_found_and_honest_players_are_not() {
    for server in Server::each("anti-cheat rules") {
        let mut client = connect(&server.database("cheats"));
        build_world(&mut client);
        let flags = |client: &mut Client| {
            ask(
                client,
                "select rule, session_id >> 16, to_char(observed_at at time zone 'UTC', 'HH24:MI:SS') \
                     from game.anticheat_flag order by 1, 2, 3",
            )
        };
        // 500 cm/s for 30 s are 150 m and no centimetre more, in a batch and from one to the next.
        client.batch_execute(&[beat(1, "09:10:00", 0), beat(1, "09:10:30", 15_000)].concat()).unwrap();
        assert_eq!(flags(&mut client), Vec::<Vec<String>>::new());
        client.batch_execute(&beat(1, "09:11:00", 30_001)).unwrap();
        assert_eq!(flags(&mut client), [["impossible_speed", "1", "09:11:00"]]);
        let batch = "call api.record_heartbeats(array[131072, 131072, 131072], array['2026-01-01 09:10Z', '2026-01-01 09:10:30Z', \
                 '2026-01-01 09:11Z']::timestamptz[], array[7, 7, 7], array[0, 0, 0], array[0, 14000, 14000], \
                 array[0, 0, 6000])";
        client.batch_execute(batch).unwrap();
        assert_eq!(flags(&mut client).len(), 1);
        // Whoever dies goes on elsewhere; a death before or after is no excuse.
        client.batch_execute(&kill(1, "09:11:10", 1, 2, false)).unwrap();
        client.batch_execute(&beat(2, "09:11:30", 90_000)).unwrap();
        assert_eq!(flags(&mut client).len(), 1);
        client.batch_execute(&beat(2, "09:12:00", 0)).unwrap();
        assert_eq!(flags(&mut client)[1], ["impossible_speed", "2", "09:12:00"]);
        // Heartbeats that come late are looked at from both sides, and two matches are no step.
        client
            .batch_execute(&[beat(3, "09:10:00", 0), beat(3, "09:11:00", 0), beat(3, "09:10:30", 80_000)].concat())
            .unwrap();
        assert_eq!(
            flags(&mut client)[2..],
            [["impossible_speed", "3", "09:10:30"], ["impossible_speed", "3", "09:11:00"]]
        );
        let again = flags(&mut client);
        client.batch_execute(&beat(3, "09:10:30", 80_000)).unwrap();
        assert_eq!(flags(&mut client), again, "the same again raises nothing");

        // A machine that aims: many kills, hardly a death, and mostly the head.
        let mut aims = connect(&server.database("aims"));
        build_world(&mut aims);
        for n in 0..24 {
            aims.batch_execute(&kill(n, &format!("09:20:{n:02}"), 1, 2, true)).unwrap();
        }
        assert_eq!(flags(&mut aims), Vec::<Vec<String>>::new(), "too few to tell");
        for n in 24..85 {
            aims.batch_execute(&kill(n, &format!("09:{}:{:02}", 20 + n / 60, n % 60), 1, 2, true)).unwrap();
        }
        assert_eq!(flags(&mut aims), [["headshot_share", "1", "09:20:24"], ["kd_outlier", "1", "09:21:19"]]);
        // Good, but no machine: a third of it heads, and a death to each three.
        for n in 100..200 {
            let at = format!("09:{}:{:02}", 30 + n / 60, n % 60);
            aims.batch_execute(&kill(
                n,
                &at,
                if n % 4 == 0 { 2 } else { 3 },
                if n % 4 == 0 { 3 } else { 2 },
                n % 3 == 0,
            ))
            .unwrap();
        }
        assert_eq!(flags(&mut aims).len(), 2);

        // A machine that buys: ten within ten minutes; nine, or ten in a longer time, are a spree.
        let buy = |player: i64, n: i64, at: &str| {
            let (id, session) = ((player << 20) + n, player << 16);
            format!("call api.record_purchase({id}, {session}, '2026-01-01 {at}Z', 1, 'USD', 100, 100);")
        };
        let mut buys = connect(&server.database("buys"));
        build_world(&mut buys);
        for n in 0..9 {
            buys.batch_execute(&buy(1, n, &format!("10:00:{n:02}"))).unwrap();
            buys.batch_execute(&buy(2, n, &format!("10:0{n}:30"))).unwrap();
        }
        buys.batch_execute(&buy(2, 9, "10:10:30")).unwrap();
        assert_eq!(flags(&mut buys), Vec::<Vec<String>>::new());
        buys.batch_execute(&buy(1, 9, "10:09:59")).unwrap();
        assert_eq!(flags(&mut buys), [["purchase_velocity", "1", "10:09:59"]]);
        buys.batch_execute("call api.raise_flag('manual', 196608, '2026-01-01 10:00Z', '{\"seen\": \"wall hack\"}')")
            .unwrap();
        assert_eq!(
            ask(&mut buys, "select player_id, rules from api.flagged_players order by 1"),
            [["1", "{purchase_velocity}"], ["3", "{manual}"]]
        );
        // Rules are rows: with another figure they say something else.
        buys.batch_execute("update game.anticheat_rule set min_count = 3 where rule = 'purchase_velocity'").unwrap();
        buys.batch_execute(&buy(2, 10, "10:11:00")).unwrap();
        assert_eq!(flags(&mut buys)[2], ["purchase_velocity", "2", "10:11:00"]);
        // Achievements go by rows as well, and by the event that reaches them.
        let unlocked = "select achievement, to_char(unlocked_at at time zone 'UTC', 'HH24:MI:SS') from game.player_achievement \
                    where player_id = 1 order by unlocked_at, achievement";
        assert_eq!(
            ask(&mut buys, unlocked),
            [["first_session", "09:00:00"], ["first_purchase", "10:00:00"], ["collector", "10:09:59"]]
        );
    }
}
