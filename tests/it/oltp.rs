//! The operational database: a real server, fed with a run, compared with it row by row, and disturbed in every way.
//!
//! Skipped by name unless SKIRMISH_TESTS=all, which makes a PostgreSQL mandatory: one that is installed, and the one in a
//! Python package.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use postgres::{Client, NoTls, SimpleQueryMessage};

use crate::cli::{is_mountable, skirmish, stderr, stdout};
use crate::support::{Column, TempDir, read_table};
use crate::warehouse::{Child, built, look, python_here, run, runs_long, small, wait_until};

/// A server of its own, which ends with the value.
pub struct Server {
    folder: TempDir,
    url: String,
    /// Whose PostgreSQL it is, as `oltp/up --server` takes it.
    source: &'static str,
}

impl Server {
    /// Starts one, or says that the test is skipped.
    pub fn start(what: &str) -> Option<Self> {
        Self::start_with(what, "installed")
    }

    /// One after the other, the servers on which what must hold must hold: of the system, and of the package.
    pub fn each(what: &str) -> impl Iterator<Item = Self> {
        ["installed", "wheel"]
            .into_iter()
            .filter_map(move |source| Self::start_with(&format!("{what}, {source}"), source))
    }

    fn start_with(what: &str, source: &'static str) -> Option<Self> {
        if !runs_long(what) {
            return None;
        }
        let folder = TempDir::new();
        let dir = folder.path().join("server");
        let output = oltp("up", &["--quiet", "--server", source, "--dir", dir.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let url = stdout(&output).lines().last().unwrap().to_owned();
        Some(Self { folder, url, source })
    }

    /// Starts it again.
    fn up(&self) -> Output {
        oltp("up", &["--quiet", "--server", self.source, "--dir", self.dir().to_str().unwrap()])
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    /// A database with the schema, by name.
    pub fn database(&self, name: &str) -> String {
        // A template copied page by page would bring numbers that sequences have announced but not written: after a crash
        // they would be given out again.
        let create = format!("create database {name} template skirmish strategy file_copy");
        connect(&self.url_of("postgres")).batch_execute(&create).unwrap();
        self.url_of(name)
    }

    /// An empty one.
    fn empty_database(&self, name: &str) -> String {
        connect(&self.url_of("postgres")).batch_execute(&format!("create database {name}")).unwrap();
        self.url_of(name)
    }

    fn url_of(&self, name: &str) -> String {
        self.url.replace("/skirmish?", &format!("/{name}?"))
    }

    /// The process whose children serve connections.
    fn process(&self) -> String {
        let text = std::fs::read_to_string(self.dir().join("data/postmaster.pid")).unwrap();
        text.lines().next().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        oltp("down", &["--dir", self.dir().to_str().unwrap()]);
    }
}

/// A command of `oltp/`.
fn oltp(command: &str, args: &[&str]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("oltp").join(command);
    // Output through files: a server that is left running would hold a pipe open.
    let folder = TempDir::new();
    let file = |name: &str| std::fs::File::create(folder.path().join(name)).unwrap();
    let status = python_here(path).args(args).stdout(file("out")).stderr(file("err")).stdin(Stdio::null()).status();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    Output { status: status.unwrap(), stdout: read("out"), stderr: read("err") }
}

pub fn connect(url: &str) -> Client {
    Client::connect(url, NoTls).unwrap()
}

/// The rows of a query, as text.
pub fn ask(client: &mut Client, query: &str) -> Vec<Vec<String>> {
    let messages = client.simple_query(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|n| row.get(n).unwrap_or("").to_owned()).collect::<Vec<String>>())
        }
        _ => None,
    });
    rows.collect()
}

pub fn one(client: &mut Client, query: &str) -> String {
    ask(client, query)[0][0].clone()
}

fn ingest(run: &Path, url: &str, more: &[&str]) -> Output {
    let args = [&["ingest", run.to_str().unwrap(), "--to", url, "--quiet"], more].concat();
    skirmish(run, &args)
}

fn ingested(run: &Path, url: &str, more: &[&str]) {
    let output = ingest(run, url, more);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

/// Rows of a table of a run, as text: times as milliseconds, truths as 0 and 1.
fn rows_of(run: &Path, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let table = read_table(&run.join("tables").join(table));
    let cell = |column: &str, row: usize| match &table.columns[column] {
        Column::Numbers(values) => values[row].to_string(),
        Column::Texts(values) => values[row].clone(),
        Column::Optional(values) => values[row].map_or(String::new(), |value| value.to_string()),
    };
    let mut rows: Vec<Vec<String>> =
        (0..table.len()).map(|row| columns.iter().map(|column| cell(column, row)).collect()).collect();
    rows.sort_unstable();
    rows
}

/// What a table of the database must hold, as a query, and the run's columns that say it.
const SAME: [(&str, &[&str], &str); 9] = [
    (
        "heartbeats",
        &["session_id", "event_ts", "match_id", "position_x_cm", "position_y_cm", "position_z_cm"],
        "select session_id, ms(beat_at), match_id, x_cm, y_cm, z_cm from game.heartbeat",
    ),
    (
        "kills",
        &[
            "kill_id",
            "event_ts",
            "match_id",
            "killer_session",
            "victim_session",
            "weapon",
            "is_headshot",
            "distance_cm",
            "killer_x_cm",
            "killer_y_cm",
            "killer_z_cm",
            "victim_x_cm",
            "victim_y_cm",
            "victim_z_cm",
            "encounter_id",
        ],
        "select event_id, ms(occurred_at), match_id, session_id, target_session_id, weapon, is_headshot::int, distance_cm, \
         x_cm, y_cm, z_cm, target_x_cm, target_y_cm, target_z_cm, encounter_id from game.game_event",
    ),
    (
        "purchases",
        &["purchase_id", "session_id", "event_ts", "item_id", "currency", "price_minor", "price_usd_cents"],
        "select purchase_id, session_id, ms(purchased_at), item_id, currency, price_minor, price_usd_cents \
         from game.purchase",
    ),
    (
        "session_ends",
        &[
            "session_id",
            "player_id",
            "party_id",
            "device",
            "client_version",
            "started_at",
            "event_ts",
            "end_reason",
            "heartbeats",
            "kills",
            "deaths",
            "purchases",
        ],
        "select s.session_id, s.player_id, s.party_id, s.device, s.client_version, ms(s.started_at), ms(s.ended_at), \
         s.end_reason, c.heartbeats, c.kills, c.deaths, c.purchases \
         from game.session s left join game.session_counter c using (session_id)",
    ),
    (
        "matches",
        &[
            "match_id",
            "realm_id",
            "region",
            "arena_id",
            "map",
            "mode",
            "started_at",
            "ended_at",
            "winner_team",
            "end_reason",
        ],
        "select match_id, realm_id, region, arena_id, map, mode, ms(started_at), ms(ended_at), winner_team, end_reason \
         from game.match",
    ),
    (
        "participations",
        &["match_id", "session_id", "team_id", "joined_at", "left_at"],
        "select match_id, session_id, team_id, ms(joined_at), ms(left_at) from game.participation",
    ),
    (
        "players",
        &["player_id", "installed_on", "country", "region", "realm_id", "device", "segment"],
        "select player_id, installed_on - date '1970-01-01', country, region, realm_id, device, segment from game.player",
    ),
    (
        "items",
        &["item_id", "item", "category", "price_usd_cents"],
        "select item_id, item, category, price_usd_cents from game.item",
    ),
    (
        "modes",
        &["mode", "teams", "team_size", "match_length_s", "is_elimination", "top_speed_cm_per_s"],
        "select mode, teams, team_size, match_length_s, is_elimination::int, top_speed_cm_per_s from game.mode",
    ),
];

/// Compares every row of the database with the run's, counters with what can be counted again, and proves the audit.
fn same_as_the_run(run: &Path, url: &str) {
    let mut client = connect(url);
    let ms = "create or replace function pg_temp.ms(at timestamptz) returns bigint language sql immutable as \
              $$ select (extract(epoch from at) * 1000)::bigint $$";
    client.batch_execute(ms).unwrap();
    for (table, columns, query) in SAME {
        let mut ours = ask(&mut client, &query.replace("ms(", "pg_temp.ms("));
        ours.sort_unstable();
        let theirs = rows_of(run, table, columns);
        assert!(table == "purchases" || !theirs.is_empty(), "{table}");
        if let Some(n) = (0..ours.len().max(theirs.len())).find(|&n| ours.get(n) != theirs.get(n)) {
            let (here, there) = (ours.len(), theirs.len());
            panic!("{table}: {here} and {there} rows; first {:?} and {:?}", ours.get(n), theirs.get(n));
        }
    }
    assert_eq!(ask(&mut client, "select * from audit.verify()"), Vec::<Vec<String>>::new());
    for (law, query) in LAWS {
        assert_eq!(ask(&mut client, query), Vec::<Vec<String>>::new(), "{law}");
    }
}

/// Queries for what breaks a law.
const LAWS: [(&str, &str); 5] = [
    (
        "counters of players are the sums of what happened",
        "select c.* from game.player_counter c \
         left join (select player_id, count(*) n from game.session group by 1) s using (player_id) \
         left join (select session_id >> 16 id, count(*) n, count(*) filter (where is_headshot) h from game.game_event \
         group by 1) k on k.id = player_id \
         left join (select target_session_id >> 16 id, count(*) n from game.game_event group by 1) d on d.id = player_id \
         left join (select session_id >> 16 id, count(*) n, sum(price_usd_cents) usd from game.purchase group by 1) p \
         on p.id = player_id \
         where (sessions, kills, headshots, deaths, purchases, spent_usd_cents) is distinct from (coalesce(s.n, 0), \
         coalesce(k.n, 0), coalesce(k.h, 0), coalesce(d.n, 0), coalesce(p.n, 0), coalesce(p.usd, 0))",
    ),
    (
        "achievements are those whose threshold is reached, at the moment of the event that reaches it",
        "with kills as (select session_id >> 16 as player_id, occurred_at, \
         row_number() over (partition by session_id >> 16 order by occurred_at, event_id) n from game.game_event), \
         wanted as (select k.player_id, a.achievement, k.occurred_at from kills k join game.achievement a \
         on a.metric = 'kills' and a.threshold = k.n), \
         found as (select p.* from game.player_achievement p join game.achievement a using (achievement) \
         where a.metric = 'kills') \
         (select * from wanted except all select * from found) union all \
         (select * from found except all select * from wanted)",
    ),
    ("an honest run raises no flag", "select * from game.anticheat_flag"),
    (
        "every change of a session is in the audit log",
        "select s.session_id from game.session s left join (select (row_key ->> 'session_id')::bigint as id, \
         array_agg(operation order by entry_id) as changes from audit.audit_log where table_name = 'game.session' group by \
         1) l on l.id = s.session_id where l.changes is distinct from array['insert', 'update'] limit 3",
    ),
    (
        "every partition is sealed",
        "select day::text from game.day where sealed_at is null union all \
         select d.day::text from game.day d where (select count(*) from pg_constraint c where c.contype = 'f' and c.conrelid \
         = format('game.heartbeat_%s', to_char(d.day, 'YYYYMMDD'))::regclass) <> 1",
    ),
];

#[test]
fn a_run_arrives_whole_and_once() {
    let Some(server) = Server::start("a run in PostgreSQL") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &[]);
    let url = server.database("whole");
    ingested(&run, &url, &[]);
    same_as_the_run(&run, &url);
    let mut client = connect(&url);
    let state = "select (select link_hash::text from audit.head), (select count(*) from game.player_achievement)";
    let before = ask(&mut client, state);
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

#[test]
fn bad_input_is_refused_with_a_remedy() {
    let Some(server) = Server::start("what ingest refuses") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=1"]);
    let url = server.database("bad");
    let refused = |run: &Path, url: &str, more: &[&str], code: i32, words: &str| {
        let output = ingest(run, url, more);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{words}: {said}");
        assert!(said.contains(words) && !said.contains("panicked"), "{words} in {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    };
    refused(&run, "mysql://host/db", &[], 2, "is no URL such as postgres://");
    refused(&run, &format!("{url}&sslmode=sometimes"), &[], 2, "verify-full");
    refused(&run, &format!("{url}&colour=red"), &[], 2, "colour");
    refused(&run, "postgres://nobody@127.0.0.1:1/x", &[], 5, "is it running, and is the URL right?");
    refused(&run, &url.replace("/bad?", "/nowhere?"), &[], 4, "createdb, then oltp/install");
    refused(&run, &server.empty_database("bare"), &[], 4, "install it: oltp/install URL");
    refused(&run, &url, &["--tables", "encounters"], 2, "there are heartbeats, kills, purchases");
    refused(folder.path(), &url, &[], 3, "is no run");
    let without = small(folder.path(), "without", &["clock.days=1", "output.tables.matches=false"]);
    refused(&without, &url, &[], 3, "output.tables.matches = true");
    let no_kills = small(folder.path(), "no_kills", &["clock.days=1", "output.tables.kills=false"]);
    refused(&no_kills, &url, &["--tables", "kills"], 3, "leave it out of --tables");
    refused(&no_kills, &url, &[], 2, "heartbeats without kills");
    let edited = |change: &dyn Fn(&mut serde_json::Value)| {
        let path = run.join("run.json");
        let before = std::fs::read(&path).unwrap();
        let mut said = serde_json::from_slice(&before).unwrap();
        change(&mut said);
        std::fs::write(&path, said.to_string()).unwrap();
        (path, before)
    };
    let (path, before) = edited(&|said| said["data_version"] = 3.into());
    refused(&run, &url, &[], 3, "has data version 3");
    std::fs::write(&path, &before).unwrap();
    edited(&|said| said["status"] = "interrupted".into());
    refused(&run, &url, &["--follow"], 3, "its status is interrupted");
    refused(&run, &url, &[], 3, "its status is interrupted");
    std::fs::write(&path, &before).unwrap();

    // A password that is wrong, and a login that may not.
    let mut client = connect(&url);
    client.batch_execute("create role stranger login password 'right'; create role guest login").unwrap();
    let hba = server.dir().join("data/pg_hba.conf");
    let rules = std::fs::read_to_string(&hba).unwrap();
    std::fs::write(&hba, format!("local all stranger scram-sha-256\n{rules}")).unwrap();
    client.batch_execute("select pg_reload_conf()").unwrap();
    wait_until("a server that asks for passwords", || {
        let wrong = ingest(&run, &url.replace("user=postgres", "user=stranger&password=wrong"), &[]);
        stderr(&wrong).contains("password")
    });
    let wrong = url.replace("user=postgres", "user=stranger&password=wrong");
    refused(&run, &wrong, &[], 4, "which may also be in PGPASSWORD");
    assert!(!stderr(&ingest(&run, &wrong, &[])).contains("wrong&"), "passwords are not shown");
    let right = url.replace("user=postgres", "user=stranger&password=right");
    refused(&run, &right, &[], 4, "grant skirmish_ingest to the login");
    assert_eq!(one(&mut client, "select count(*) from game.run"), "0", "nothing has changed");
    client.batch_execute("grant skirmish_ingest to stranger").unwrap();
    ingested(&run, &right, &[]);
    same_as_the_run(&run, &url);
    assert_eq!(
        one(&mut client, "select distinct changed_by from audit.audit_log where table_name = 'game.session'"),
        "stranger"
    );

    // A newer schema, and an older one.
    client.batch_execute("insert into game.schema_version (version) values (99)").unwrap();
    refused(&run, &url, &[], 4, "use the skirmish of that version");
    let output = oltp("install", &[&url]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("has version 99 of the schema"), "{}", stderr(&output));
    client
        .batch_execute("delete from game.schema_version; insert into game.schema_version (version) values (0)")
        .unwrap();
    refused(&run, &url, &[], 4, "bring it up to date: oltp/install URL");
}

#[test]
fn a_full_disk_of_the_server_loses_nothing() {
    let Some(server) = Server::start("a server whose disk is full") else { return };
    if !is_mountable() {
        assert!(std::env::var_os("SKIRMISH_REQUIRE_MOUNT").is_none_or(|value| value != "1"), "nothing can be mounted");
        return crate::support::skipped("this system cannot mount a small file system for a server's full disk");
    }
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &[]);
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let disk = disk.to_str().unwrap();
    let shell =
        |command: &str| assert!(Command::new("sh").args(["-c", command]).status().unwrap().success(), "{command}");
    shell(&format!("mount -t tmpfs -o size=40m tmpfs {disk}"));
    shell(&format!("chown --reference={}/data {disk}", server.dir().display()));
    let mut client = connect(&server.url_of("postgres"));
    client.batch_execute(&format!("create tablespace small location '{disk}'")).unwrap();
    client.batch_execute("create database full_disk template skirmish strategy file_copy tablespace small").unwrap();
    let url = server.url_of("full_disk");
    let output = ingest(&run, &url, &[]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("the disk of the server is full") && said.contains("make room there"), "{said}");
    shell(&format!("mount -o remount,size=400m {disk}"));
    ingested(&run, &url, &[]);
    same_as_the_run(&run, &url);
    client.batch_execute("drop database full_disk with (force)").unwrap();
    client.batch_execute("drop tablespace small").unwrap();
    shell(&format!("umount {disk}"));
}

#[test]
fn the_schema_installs_into_what_is_empty_or_older_and_nothing_else() {
    let Some(server) = Server::start("installing the schema") else { return };
    let state = |url: &str| {
        let query = "select string_agg(x, ';' order by x) from (\
            select format('%s.%s %s', table_schema, table_name, string_agg(column_name || ' ' || data_type, ',' \
            order by ordinal_position)) as x from information_schema.columns where table_schema in ('game', 'api', 'audit') \
            group by table_schema, table_name \
            union all select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint \
            where connamespace in ('game'::regnamespace, 'audit'::regnamespace) \
            union all select oid::regprocedure || ' ' || md5(pg_get_functiondef(oid)) || coalesce(proacl::text, '') from \
            pg_proc where pronamespace in ('game'::regnamespace, 'audit'::regnamespace, 'api'::regnamespace) \
            union all select tgrelid::regclass || ' ' || tgname || ' ' || pg_get_triggerdef(oid) from pg_trigger \
            where not tgisinternal \
            union all select c.oid::regclass || ' ' || coalesce(c.relacl::text, '') from pg_class c where c.relnamespace in \
            ('game'::regnamespace, 'audit'::regnamespace, 'api'::regnamespace)) s";
        one(&mut connect(url), query)
    };
    let url = server.database("again");
    let before = state(&url);
    assert!(before.len() > 10_000);
    let audited = one(&mut connect(&url), "select count(*) from audit.audit_log");
    for (more, said) in [(&[][..], "as before"), (&["--renew"], "made anew"), (&[], "as before")] {
        let output = oltp("install", &[&[url.as_str()], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    assert_eq!(state(&url), before, "to install twice changes nothing");
    assert_eq!(one(&mut connect(&url), "select count(*) from audit.audit_log"), audited);

    // A newer version of this folder, whose second step fails: then nothing of it is there.
    let copy = TempDir::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["oltp", "warehouse"] {
        let copied = Command::new("cp").args(["-r"]).arg(root.join(folder)).arg(copy.path()).status().unwrap();
        assert!(copied.success());
    }
    let schema = copy.path().join("oltp/schema");
    std::fs::create_dir_all(schema.join("upgrades")).unwrap();
    std::fs::write(schema.join("version"), "3\n").unwrap();
    std::fs::write(schema.join("upgrades/2.sql"), "alter table game.map add column colour text;\n").unwrap();
    std::fs::write(schema.join("upgrades/3.sql"), "alter table game.nothing add column colour text;\n").unwrap();
    let install = || python_here(copy.path().join("oltp/install")).arg(&url).output().unwrap();
    let output = install();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("game.nothing"), "{}", stderr(&output));
    assert_eq!(state(&url), before, "a failed upgrade leaves nothing");
    std::fs::write(schema.join("upgrades/3.sql"), "alter table game.map add column shade text;\n").unwrap();
    assert_eq!(install().status.code(), Some(0));
    let mut client = connect(&url);
    assert_eq!(one(&mut client, "select max(version) from game.schema_version"), "3");
    client.batch_execute("select colour, shade from game.map").unwrap();

    // What is not ours is left alone.
    let refused = |url: &str, more: &[&str], code: i32, words: &str| {
        let output = oltp("install", &[&[url], more].concat());
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{words} in {}", stderr(&output));
    };
    let theirs = server.empty_database("theirs");
    connect(&theirs).batch_execute("create table \"it's\" (n int)").unwrap();
    refused(&theirs, &[], 4, "has tables of others, such as public.\"it's\"");
    assert_eq!(oltp("install", &[&theirs, "--beside"]).status.code(), Some(0));
    let taken = server.empty_database("taken");
    connect(&taken).batch_execute("create schema audit").unwrap();
    refused(&taken, &["--beside"], 4, "has a schema audit that is not of Skirmish");
    let poor = server.empty_database("poor");
    connect(&poor).batch_execute("create role poor login").unwrap();
    refused(&poor.replace("user=postgres", "user=poor"), &[], 3, "poor may not create schemas here");
    refused(&url.replace("/again?", "/nowhere?"), &[], 5, "does not exist");
    refused("host=/tmp", &[], 2, "is no URL of a database");
    // The diagram is that of the catalogue.
    let output = oltp("diagram", &[&server.url]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let drawn = std::fs::read_to_string(root.join("oltp/docs/er-diagram.dot")).unwrap();
    assert_eq!(stdout(&output), drawn, "run: oltp/diagram URL --write");
    let again = oltp("up", &["--quiet", "--dir", server.dir().to_str().unwrap()]);
    assert_eq!(stdout(&again).trim(), server.url, "to start it twice finds it running");
    let given = oltp("up", &["--quiet", &server.empty_database("given")]);
    assert_eq!(stdout(&given).trim(), server.url_of("given"));
    assert_eq!(one(&mut connect(&server.url_of("given")), "select max(version) from game.schema_version"), "1");
}

#[test]
fn the_server_of_the_package_does_as_well() {
    let Some(server) = Server::start_with("PostgreSQL from a Python package", "wheel") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=2"]);
    let url = server.database("wheel");
    let version = one(&mut connect(&url), "select version()");
    assert!(version.starts_with("PostgreSQL 16"), "{version}");
    ingested(&run, &url, &[]);
    same_as_the_run(&run, &url);
    // Its folder is not given to another command by mistake, and stays when it is stopped.
    let strange = folder.path().join("strange");
    std::fs::create_dir(&strange).unwrap();
    std::fs::write(strange.join("mine"), "").unwrap();
    let output = oltp("up", &["--dir", strange.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let output = oltp("down", &["--dir", strange.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let dir = server.dir();
    let dir = dir.to_str().unwrap();
    assert!(stderr(&oltp("down", &["--dir", dir])).contains("stopped"));
    assert!(stderr(&oltp("down", &["--dir", dir])).contains("was not running"));
    assert!(server.up().status.success());
    same_as_the_run(&run, &url);
}

#[test]
fn who_installs_need_not_be_superuser() {
    for server in Server::each("installation by somebody who may make roles") {
        let mut client = connect(&server.url_of("postgres"));
        // As on a server that has never seen the schema, for people who are no superusers.
        for statement in [
            "drop database skirmish",
            "drop role skirmish_owner, skirmish_ingest, skirmish_analyst, skirmish_auditor",
            "create role maker login createrole",
            "create role other login createrole",
            "create role nobody_much login",
            "create database of_maker owner maker",
            "create database of_other owner other",
            "create database of_nobody owner nobody_much",
        ] {
            client.batch_execute(statement).unwrap();
        }
        let install = |database: &str, user: &str| {
            let url = server.url_of(database).replace("user=postgres", &format!("user={user}"));
            oltp("install", &["--quiet", &url])
        };
        let output = install("of_nobody", "nobody_much");
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains("createrole"), "{}", stderr(&output));
        let output = install("of_maker", "maker");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(install("of_maker", "maker").status.code(), Some(0));
        // Roles belong to the server; from version 16 on, to those who made them.
        let output = install("of_other", "other");
        if server.source == "wheel" {
            assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
            assert!(stderr(&output).contains("grant skirmish_owner to \"other\""), "{}", stderr(&output));
        } else {
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
    }
}

#[test]
fn connections_are_as_secret_as_the_url_says() {
    let Some(server) = Server::start("TLS of every mode") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=1"]);
    // A signed certificate for localhost, and another authority that has signed nothing.
    let script = "set -e; cd \"$1\"\n\
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=authority -days 2 2>/dev/null\n\
        openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.crt -subj /CN=other -days 2 2>/dev/null\n\
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost 2>/dev/null\n\
        printf 'subjectAltName=DNS:localhost' > names\n\
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names \
        2>/dev/null\n\
        cp server.crt server.key \"$2\"; chmod 600 \"$2/server.key\"; chown --reference=\"$2\" \"$2/server.key\" \"$2/server.crt\"";
    let data = server.dir().join("data");
    let made = Command::new("bash").args(["-c", script, "-"]).arg(folder.path()).arg(&data).status().unwrap();
    assert!(made.success());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = format!("ssl = on\nlisten_addresses = '127.0.0.1'\nport = {port}\n");
    let path = data.join("postgresql.conf");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, before + &settings).unwrap();
    let rules = "local all all trust\nhostssl all secret 127.0.0.1/32 trust\nhostnossl all plain 127.0.0.1/32 trust\n";
    std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
    let url = server.database("tls");
    let roles = "create role secret login in role skirmish_ingest; create role plain login in role skirmish_ingest";
    connect(&url).batch_execute(roles).unwrap();
    let dir = server.dir();
    oltp("down", &["--dir", dir.to_str().unwrap()]);
    // Its socket has the port's number now, which `up` does not look for: it is started by hand.
    let account = "cd /; if [ $(id -u) = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups \"$@\"; else \"$@\"; fi";
    let program = stdout(
        &Command::new("bash").args(["-c", "ls -d /usr/lib/postgresql/*/bin/pg_ctl | tail -1"]).output().unwrap(),
    );
    let mut start = Command::new("bash");
    start.args(["-c", account, "-", program.trim(), "-w", "-s", "-D"]).arg(&data).arg("-l").arg(dir.join("log"));
    start.args(["-o", &format!("-c unix_socket_directories='{}'", data.display()), "start"]);
    assert!(start.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    let to = |user: &str, host: &str, mode: &str, root: &str| {
        let root =
            if root.is_empty() { String::new() } else { format!("&sslrootcert={}/{root}", folder.path().display()) };
        format!("postgres://{user}@{host}:{port}/tls?sslmode={mode}{root}")
    };
    let cases = [
        ("secret", "localhost", "disable", "", false),
        ("secret", "localhost", "allow", "", true),
        ("secret", "localhost", "prefer", "", true),
        ("secret", "localhost", "require", "", true),
        ("secret", "localhost", "require", "ca.crt", true),
        ("secret", "localhost", "require", "other.crt", false),
        ("secret", "127.0.0.1", "verify-ca", "ca.crt", true),
        ("secret", "127.0.0.1", "verify-ca", "other.crt", false),
        ("secret", "127.0.0.1", "verify-full", "ca.crt", false),
        ("secret", "localhost", "verify-full", "ca.crt", true),
        ("plain", "localhost", "disable", "", true),
        ("plain", "localhost", "allow", "", true),
        ("plain", "localhost", "prefer", "", true),
        ("plain", "localhost", "require", "", false),
    ];
    for (user, host, mode, root, goes) in cases {
        let output = ingest(&run, &to(user, host, mode, root), &[]);
        assert_eq!(output.status.success(), goes, "{user} {host} {mode} {root}: {}", stderr(&output));
    }
    let mut stop = Command::new("bash");
    stop.args(["-c", account, "-", program.trim(), "-w", "-s", "-m", "fast", "-D"]).arg(&data).arg("stop");
    stop.status().unwrap();
}

#[test]
fn every_shipped_file_of_sql_is_installed() {
    // Needs no server: what the installer would run is all that there is.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("oltp");
    let script = "import sys\nsys.path.insert(0, sys.argv[1])\nfrom commands import install\nprint(install.script(0))";
    let output = python_here("python3").args(["-c", script]).arg(&root).output().unwrap();
    if !output.status.success() {
        return crate::support::skipped(&format!("no Python for the installer: {}", stderr(&output)));
    }
    let script = stdout(&output);
    let files = crate::support::files_below(&root);
    let sql: Vec<_> = files.iter().filter(|path| path.ends_with(".sql")).collect();
    assert!(sql.len() > 40);
    for path in sql {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        assert!(script.contains(text.trim_end()), "{path}");
        // One routine a file of procedures, named like it.
        if path.starts_with("stored-procedures/") {
            let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
            assert_eq!(text.matches("create or replace").count(), 1, "{path}");
            assert!(text.contains(&format!(".{name}(")), "{path}");
        }
    }
}
