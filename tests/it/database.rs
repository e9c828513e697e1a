//! A PostgreSQL server for a test: started, asked, fed with a run and compared with it row by row.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use postgres::{Client, NoTls, SimpleQueryMessage};

use crate::cli::{skirmish, stderr, stdout};
use crate::support::{Column, TempDir, read_table};
use crate::warehouse::{python_here, runs_long};

/// A server of its own, which ends with the value.
pub struct Server {
    folder: TempDir,
    /// Of the database that `oltp/up` installs.
    pub url: String,
    /// Whose PostgreSQL it is, as `oltp/up --server` takes it.
    pub source: &'static str,
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

    /// With a PostgreSQL of the system or of the package.
    pub fn start_with(what: &str, source: &'static str) -> Option<Self> {
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
    pub fn up(&self) -> Output {
        oltp("up", &["--quiet", "--server", self.source, "--dir", self.dir().to_str().unwrap()])
    }

    pub fn dir(&self) -> PathBuf {
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
    pub fn empty_database(&self, name: &str) -> String {
        connect(&self.url_of("postgres")).batch_execute(&format!("create database {name}")).unwrap();
        self.url_of(name)
    }

    pub fn url_of(&self, name: &str) -> String {
        self.url.replace("/skirmish?", &format!("/{name}?"))
    }

    /// The process whose children serve connections.
    pub fn process(&self) -> String {
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
pub fn oltp(command: &str, args: &[&str]) -> Output {
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

pub fn ingest(run: &Path, url: &str, more: &[&str]) -> Output {
    let args = [&["ingest", run.to_str().unwrap(), "--to", url, "--quiet"], more].concat();
    skirmish(run, &args)
}

pub fn ingested(run: &Path, url: &str, more: &[&str]) {
    let output = ingest(run, url, more);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

/// Rows of a table of a run, as text: times as milliseconds, truths as 0 and 1.
pub fn rows_of(run: &Path, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
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
const SAME: [(&str, &[&str], &str); 16] = [
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
        "anticheat_flags",
        &["session_id", "rule", "event_ts", "value", "bound"],
        "select session_id, rule, ms(observed_at), (evidence ->> 'value')::int, (evidence ->> 'bound')::int \
         from game.anticheat_flag where raised_by <> 'rule' and rule not like 'report\\_%'",
    ),
    (
        "reports",
        &["reported_session", "reason", "event_ts", "kill_id"],
        "select session_id, substr(rule, 8), ms(observed_at), k.kill_id::bigint from game.anticheat_flag \
         cross join jsonb_array_elements_text(evidence -> 'kill_ids') as k (kill_id) where rule like 'report\\_%'",
    ),
    (
        "achievements",
        &["achievement", "threshold"],
        "select title, threshold from game.achievement where achievement = 'game/' || title and metric = 'manual'",
    ),
    (
        "achievement_unlocks",
        &["player_id", "achievement", "event_ts"],
        "select player_id, substr(achievement, 6), ms(unlocked_at) from game.player_achievement \
         where achievement like 'game/%'",
    ),
    (
        "level_ups",
        &["session_id", "event_ts", "level", "experience"],
        "select session_id, ms(reached_at), level, experience from game.level_up",
    ),
    (
        "bans",
        &["player_id", "event_ts", "rule", "is_wave"],
        "select player_id, ms(banned_at), rule, is_wave::int from game.ban",
    ),
    (
        "sales",
        &["sale", "starts_on", "ends_on", "discount_ppm"],
        "select sale, starts_on - date '1970-01-01', ends_on - date '1970-01-01', discount_ppm from game.sale",
    ),
    (
        "modes",
        &["mode", "teams", "team_size", "match_length_s", "is_elimination", "top_speed_cm_per_s"],
        "select mode, teams, team_size, match_length_s, is_elimination::int, top_speed_cm_per_s from game.mode",
    ),
];

/// Compares every row of the database with the run's, counters with what can be counted again, and proves the audit.
pub fn same_as_the_run(run: &Path, url: &str) {
    let mut client = connect(url);
    let ms = "create or replace function pg_temp.ms(at timestamptz) returns bigint language sql immutable as \
              $$ select (extract(epoch from at) * 1000)::bigint $$";
    client.batch_execute(ms).unwrap();
    for (table, columns, query) in SAME {
        let mut ours = ask(&mut client, &query.replace("ms(", "pg_temp.ms("));
        ours.sort_unstable();
        let theirs = rows_of(run, table, columns);
        let may_be_empty = ["purchases", "anticheat_flags", "reports", "bans", "sales"];
        assert!(may_be_empty.contains(&table) || !theirs.is_empty(), "{table}");
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
    (
        "no rule of the database finds anything in an honest run",
        "select * from game.anticheat_flag where raised_by = 'rule'",
    ),
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
