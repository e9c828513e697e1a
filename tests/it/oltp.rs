//! The operational database: a real server, fed with a run, compared with it row by row, and disturbed in every way.
//!
//! Skipped by name unless SKIRMISH_TESTS=all, which makes a PostgreSQL mandatory: one that is installed, and the one in a
//! Python package.

use std::process::{Command, Stdio};

use postgres::{Client, SimpleQueryMessage};

use crate::cli::{stderr, stdout};
use crate::database::{Server, ask, connect, ingest, ingested, one, rows_of, same_as_the_run};
use crate::support::TempDir;
use crate::warehouse::{Child, built, look, run, small, wait_until};

#[test]
fn a_run_arrives_whole_and_once() {
    let Some(server) = Server::start("a run in PostgreSQL") else { return };
    let folder = TempDir::new();
    // Suspicious enough that the game flags and bans and victims report; a sale on two of the days.
    let sets = [
        "reports.honest_per_kill=0.01",
        "anticheat.ratio_kills=3",
        "anticheat.ratio=3",
        "anticheat.flags_to_ban=1",
        "anticheat.immediate_share=0.5",
        "anticheat.wave_days=2",
        "careers.level_experience=50",
        "sales.spring={start=\"2026-01-30\",days=2,discount=0.25}",
    ];
    let run = small(folder.path(), "run", &sets);
    for table in ["reports", "anticheat_flags", "bans", "achievement_unlocks", "level_ups"] {
        assert!(rows_of(&run, table, &["event_ts"]).len() > 20, "{table}");
    }
    let url = server.database("whole");
    ingested(&run, &url, &[]);
    same_as_the_run(&run, &url);
    let mut client = connect(&url);
    let state = "select (select link_hash::text from audit.head), (select count(*) from game.player_achievement)";
    let before = ask(&mut client, state);
    let careers =
        "select count(*), count(banned_at), max(level) > 1, bool_or(state = 'banned') from api.player_lifecycle";
    let bans = rows_of(&run, "bans", &["player_id"]).len().to_string();
    assert_eq!(ask(&mut client, careers), [["600", bans.as_str(), "t", "t"]]);
    let revenue = "select string_agg(sales::text, ' ' order by day) from api.revenue where day < '2026-02-02'";
    assert_eq!(one(&mut client, revenue), "{spring} {spring} {}");
    // The same again is nothing, however it is cut.
    let output = ingest(&run, &url, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(said["rows"].as_object().unwrap().values().all(|rows| rows == 0), "{said}");
    ingested(&run, &url, &["--ingesters", "1", "--batch", "777", "--foreign-keys", "row"]);
    assert_eq!(ask(&mut client, state), before, "rows that are there already change nothing");
    same_as_the_run(&run, &url);

    // Foreign keys from the first row on, some of the tables, at a pace.
    let rows = server.database("rows");
    ingested(&run, &rows, &["--foreign-keys", "row", "--ingesters", "3", "--batch", "500"]);
    same_as_the_run(&run, &rows);
    let some = server.database("part");
    let started = std::time::Instant::now();
    ingested(&run, &some, &["--tables", "kills", "--speed", "86400x"]);
    assert!(started.elapsed().as_secs_f64() >= 3.0, "three days at a day a second");
    let mut client = connect(&some);
    let counts = "select (select count(*) from game.heartbeat), (select count(*) from game.purchase), \
                  (select count(*) from game.game_event)";
    let kills = rows_of(&run, "kills", &["kill_id"]).len().to_string();
    assert_eq!(ask(&mut client, counts), [["0", "0", kills.as_str()]]);
    let counters = "select sum(kills) from game.session_counter";
    assert_eq!(one(&mut client, counters), kills);

    // Another run is refused, and so is the same world at another length.
    let other = small(folder.path(), "other", &["clock.days=1"]);
    let output = ingest(&other, &url, &[]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("use another database for another run"), "{}", stderr(&output));
}

#[test]
fn views_say_what_the_warehouse_says() {
    let Some(server) = Server::start("views of PostgreSQL and the warehouse") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=4", "population.installs.veteran_share=0.2"]);
    built(&run).unwrap();
    let url = server.database("views");
    ingested(&run, &url, &[]);
    let mut client = connect(&url);
    // Whoever looks may live anywhere.
    client.batch_execute("set timezone = 'Pacific/Auckland'; set role skirmish_analyst").unwrap();
    let pairs = [
        (
            "select day::text, dau, wau_7d, mau_30d, first_time_players, returning_players, sessions, seconds \
             from api.active_players",
            "select day::varchar, dau, wau_7d, mau_30d, first_time_players, returning_players, sessions, seconds \
             from active_players_daily",
        ),
        (
            "select day::text, usd_cents, purchases, payers, active_players, round(arpdau_usd_cents::numeric, 6), \
             round(arppu_usd_cents::numeric, 6) from api.revenue",
            "select day::varchar, usd_cents, purchases, payers, active_players, arpdau_usd_cents::decimal(18, 6), \
             arppu_usd_cents::decimal(18, 6) from revenue_daily",
        ),
        (
            "select installed_on::text, age_days, players, retained_players from api.retention",
            "select installed_on::varchar, age_days, players, retained_players from retention_classic",
        ),
        (
            "select session_id, player_id, region, country, platform, length_s, matches, kills, deaths, purchases, \
             usd_cents, end_reason, round(kd_ratio::numeric, 6) from api.session_summary",
            "select session_id, player_id, region, country, platform, event_length_s, matches, kills, deaths, purchases, \
             usd_cents, end_reason, kd_ratio::decimal(18, 6) from session_summary",
        ),
        (
            "select player_id, kills, deaths from api.leaderboard",
            "select player_id, kills, deaths from player_lifetime where kills + deaths > 0",
        ),
        (
            "select player_id, first_day::text, last_day::text, days_played, seconds, kills, deaths \
             from api.player_lifecycle where days_played > 0",
            "select player_id, first_day::varchar, last_day::varchar, play_days, seconds, kills, deaths from player_lifetime",
        ),
    ];
    for (ours, theirs) in pairs {
        let rows = ask(&mut client, ours);
        assert!(!rows.is_empty(), "{ours}");
        let file = folder.path().join("rows.json");
        std::fs::write(&file, serde_json::to_vec(&rows).unwrap()).unwrap();
        let script = format!(
            "import json\nfrom collections import Counter\nfrom decimal import Decimal\n\
             def text(v):\n    v = '' if v is None else str(v)\n    \
             return str(Decimal(v).quantize(Decimal('0.000001'))) if '.' in v else v\n\
             ours = Counter(tuple(text(v) for v in row) for row in json.load(open({file:?})))\n\
             theirs = Counter(tuple(text(v) for v in row) for row in db.execute({theirs:?}).fetchall())\n\
             assert ours == theirs, (list((ours - theirs).items())[:3], list((theirs - ours).items())[:3])"
        );
        look(&run, &script);
    }
    // Places are shared by nobody, in order, within regions as well.
    let broken = "select place from (select place, lag(place, 1, 0::bigint) over (order by place) + 1 as next, kills, \
                  lag(kills) over (order by place) as before from api.leaderboard) p where place <> next or kills > before";
    assert_eq!(ask(&mut client, broken), Vec::<Vec<String>>::new());
    // A player's story has each of their kills and deaths.
    let story = "select count(*) from api.event_timeline t join (select player_id from api.leaderboard where place = 1) l \
                 using (player_id) where what in ('kill', 'death')";
    assert_eq!(one(&mut client, story), one(&mut client, "select kills + deaths from api.leaderboard where place = 1"));
    assert_eq!(one(&mut client, "select count(*) from api.flagged_players"), "0");
}

#[test]
fn nothing_that_happens_loses_or_doubles_a_row() {
    for server in Server::each("an ingestion that is interrupted in every way") {
        let folder = TempDir::new();
        let run = run(folder.path(), "run", "quickstart", &["population.players=3000", "clock.days=2"]);
        let url = server.database("crashes");
        let count = |client: &mut Client| {
            let query = "select coalesce(sum(extract(epoch from next_at))::bigint, 0) from game.stream_position";
            client.simple_query(query).ok().and_then(|messages| {
                messages.iter().find_map(|message| match message {
                    SimpleQueryMessage::Row(row) => row.get(0).and_then(|text| text.parse::<i64>().ok()),
                    _ => None,
                })
            })
        };
        let start = || {
            let log = std::fs::File::create(folder.path().join("log")).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_skirmish"));
            command.args(["ingest", run.to_str().unwrap(), "--to", &url, "--quiet", "--batch", "1000"]);
            Child(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
        };
        let mut child = start();
        for blow in 0..12 {
            // In the middle of it: when it has moved on since the last blow.
            let mut client = connect(&url);
            let before = count(&mut client).unwrap_or(0);
            wait_until("an ingestion that moves on", || {
                count(&mut client).is_some_and(|now| now > before) || child.0.try_wait().unwrap().is_some()
            });
            let log = || std::fs::read_to_string(folder.path().join("log")).unwrap();
            assert!(child.0.try_wait().unwrap().is_none(), "over too soon, at blow {blow}: {}", log());
            match blow % 3 {
                // The ingester is killed; the same command goes on.
                0 => {
                    child.0.kill().unwrap();
                    child.0.wait().unwrap();
                    child = start();
                }
                // Its connections are cut: it connects again by itself.
                1 => {
                    let cut = "select pg_terminate_backend(pid) from pg_stat_activity \
                           where application_name = 'skirmish ingest' and datname = current_database()";
                    client.simple_query(cut).unwrap();
                }
                // The server is gone at once, without a word, and comes back.
                _ => {
                    drop(client);
                    let killed = Command::new("kill").args(["-9", &server.process()]).status().unwrap();
                    assert!(killed.success());
                    wait_until("a server that is back", || server.up().status.success());
                }
            }
        }
        let status = child.0.wait().unwrap();
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!((status.code(), log.as_str()), (Some(0), ""));
        same_as_the_run(&run, &url);
    }
}

#[test]
fn two_who_send_the_same_do_not_stand_in_each_others_way() {
    for server in Server::each("two ingesters of one stream") {
        let folder = TempDir::new();
        let run = small(folder.path(), "run", &["clock.days=2"]);
        let url = server.database("two");
        // They cut their slices differently.
        let start = |name: &str, batch: &str| {
            let log = std::fs::File::create(folder.path().join(name)).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_skirmish"));
            command.args([
                "ingest",
                run.to_str().unwrap(),
                "--to",
                &url,
                "--quiet",
                "--ingesters",
                "1",
                "--batch",
                batch,
            ]);
            Child(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
        };
        let mut both = [start("one", "300"), start("two", "470")];
        for (child, name) in both.iter_mut().zip(["one", "two"]) {
            let status = child.0.wait().unwrap();
            let log = std::fs::read_to_string(folder.path().join(name)).unwrap();
            assert_eq!((status.code(), log.as_str()), (Some(0), ""));
        }
        same_as_the_run(&run, &url);

        // Head-on: the same heartbeats and kills, once forwards and once backwards, 250 times each.
        let mut client = connect(&url);
        let heads = server.database("heads");
        crate::oltp_rules::build_world(&mut connect(&heads));
        let script = |order: &str| {
            let calls = (0..250).map(|n| {
            let list = |values: [i64; 3]| {
                let mut values: Vec<String> = values.map(|value| value.to_string()).into();
                if order == "desc" {
                    values.reverse();
                }
                values.join(", ")
            };
            let sessions = list([1, 2, 3].map(|player| player << 16));
            let purchases = list([1, 2, 3].map(|player| (player << 20) + n));
            let at = |seconds| format!("array_fill('2026-01-01 10:00Z'::timestamptz + interval '{seconds} s', array[3])");
            format!(
                "begin; call api.record_heartbeats(array[{sessions}]::bigint[], {}, array[7, 7, 7]::bigint[], array[0, 0, 0], \
                 array[0, 0, 0], array[0, 0, 0]); call api.record_purchases(array[{purchases}]::bigint[], \
                 array[{sessions}]::bigint[], {}, array[1, 1, 1], array['USD', 'USD', 'USD'], array[100, 100, 100], \
                 array[100, 100, 100]); commit;\n",
                at(n),
                at(n * 100)
            )
        });
            calls.collect::<String>()
        };
        let psql = |order: &str| {
            let file = folder.path().join(format!("{order}.sql"));
            std::fs::write(&file, script(order)).unwrap();
            let log = std::fs::File::create(folder.path().join(format!("{order}.log"))).unwrap();
            let mut command = Command::new("psql");
            command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", &heads, "-f", file.to_str().unwrap()]);
            Child(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
        };
        let mut both = [psql("asc"), psql("desc")];
        for (child, order) in both.iter_mut().zip(["asc", "desc"]) {
            let status = child.0.wait().unwrap();
            let log = std::fs::read_to_string(folder.path().join(format!("{order}.log"))).unwrap();
            assert!(status.success(), "{log}");
        }
        let mut heads = connect(&heads);
        let counted = "select sum(heartbeats), sum(purchases), (select count(*) from game.heartbeat), (select count(*) from \
                   game.purchase) from game.session_counter";
        assert_eq!(ask(&mut heads, counted), [["750", "750", "750", "750"]]);
        assert_eq!(one(&mut client, "select count(*) from audit.verify()"), "0");
    }
}

#[test]
fn a_run_is_followed_while_it_goes_on() {
    let Some(server) = Server::start("a run that is followed") else { return };
    let folder = TempDir::new();
    let root = folder.path().join("run");
    let mut simulation = Command::new(env!("CARGO_BIN_EXE_skirmish"));
    simulation.args(["run", "quickstart", "--quiet", "--backend", "cpu", "--threads", "1", "--out"]).arg(&root);
    simulation.args(["--set", "population.players=1500", "--set", "clock.days=4"]);
    let mut simulation = Child(simulation.stderr(Stdio::null()).spawn().unwrap());
    wait_until("a run that goes on", || root.join("tables/modes").is_dir() && root.join("run.json").exists());
    let url = server.database("follow");
    if simulation.0.try_wait().unwrap().is_none() {
        let output = ingest(&root, &url, &[]);
        let is_running = simulation.0.try_wait().unwrap().is_none();
        assert!(!is_running || output.status.code() == Some(3), "{}", stderr(&output));
        assert!(!is_running || stderr(&output).contains("let it finish, or use --follow"), "{}", stderr(&output));
    }
    ingested(&root, &url, &["--follow"]);
    assert!(simulation.0.wait().unwrap().success());
    same_as_the_run(&root, &url);
}

#[test]
fn a_run_that_has_died_is_not_waited_for() {
    let Some(server) = Server::start("following a run that dies") else { return };
    let folder = TempDir::new();
    let run = folder.path().join("run");
    let args =
        ["run", "quickstart", "--set", "population.players=300", "--set", "clock.days=300", "--threads", "1", "--out"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_skirmish"));
    let mut simulation = Child(command.args(args).arg(&run).args(["-q"]).spawn().unwrap());
    wait_until("a run that has begun", || run.join("run.json").exists());
    simulation.0.kill().unwrap();
    simulation.0.wait().unwrap();
    let url = server.database("dead");
    for more in [&["--follow"][..], &[]] {
        let output = ingest(&run, &url, more);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains("run the scenario again"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("let it finish"), "{}", stderr(&output));
    }
}

#[test]
fn settings_of_the_database_do_not_change_what_arrives() {
    let Some(server) = Server::start("an ingestion into a database with settings of its own") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=1"]);
    let url = server.database("settings");
    connect(&server.url_of("postgres"))
        .batch_execute(
            "alter database settings set default_transaction_isolation = 'repeatable read';
             alter database settings set datestyle = 'German'; alter database settings set timezone = 'Asia/Tokyo'",
        )
        .unwrap();
    // TLS is nothing for a socket, as libpq has it.
    ingested(&run, &format!("{url}&sslmode=require"), &["--ingesters", "4", "--batch", "500"]);
    same_as_the_run(&run, &url);
    connect(&server.url_of("postgres"))
        .batch_execute("alter database settings set default_transaction_read_only = on")
        .unwrap();
    ingested(&run, &url, &[]);
}
