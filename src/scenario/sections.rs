//! Every key of a scenario file: its type, default, range and documentation. Units are in the names.

use super::key::{
    ChildSpec, Findings, KeySpec,
    Kind::{Day, Flag, Int, NameIn, NamesIn, Num, Nums, OneOf, Text},
    Named, Reader, Section, SectionSpec, section,
};
use crate::time::Date;

const SHARE: super::key::Kind = Num(0.0, 1.0);
const WEIGHT: super::key::Kind = Num(0.0, 1e9);

section! {
    /// A scenario: everything a run depends on.
    File {
        /// Seed of every random draw.
        seed: u64 = "1", Int(0, i64::MAX);
    }
    sections {
        /// Simulated time.
        clock: ClockKeys;
        /// Who plays.
        population: PopulationKeys;
        /// What a sitting looks like.
        sessions: Sessions;
        /// Who knows whom.
        friends: Friends;
        /// Who plays together.
        parties: PartyKeys;
        /// Who plays against whom.
        matchmaking: Matchmaking;
        /// Who pays, and from when on.
        payers: Payers;
        /// How players grow.
        careers: CareerKeys;
        /// How fights end.
        combat: Combat;
        /// Who reports whom.
        reports: ReportKeys;
        /// Who cheats.
        cheating: CheatingKeys;
        /// Who is found out, and what becomes of them.
        anticheat: AnticheatKeys;
        /// What makes players stop.
        effects: EffectKeys;
        /// What happens to heartbeats on their way.
        defects: DefectKeys;
        /// What counts as an encounter.
        encounter: Encounter;
        /// What is written.
        output: Output;
        /// What is counted beside the tables.
        report: Report;
    }
    tables {
        /// Data-centre regions.
        regions: Region;
        /// Currencies.
        currencies: Currency;
        /// Platforms.
        platforms: Platform;
        /// Devices.
        devices: Device;
        /// Kinds of player.
        archetypes: Archetype;
        /// Spending clusters.
        clusters: Cluster;
        /// Sales of the shop.
        sales: Sale;
        /// Achievements.
        achievements: Achievement;
        /// Ways to cheat.
        cheats: Cheat;
        /// Outages of collectors.
        outages: Outage;
        /// Maps.
        maps: Map;
        /// Ways of moving.
        movements: Movement;
        /// Game modes.
        modes: Mode;
        /// Weapons.
        weapons: Weapon;
        /// Catalogue of the shop.
        items: Item;
    }
}

section! {
    /// Simulated time. All of it is UTC.
    ClockKeys {
        /// First simulated day; the run starts at its midnight UTC.
        start: Date = "\"2026-01-05\"", Day;
        /// Simulated days.
        days: u32 = "3", Int(1, 731);
        /// Seconds between two heartbeats of a session; must divide 86,400.
        heartbeat_seconds: u32 = "30", Int(1, 3600);
    }
}

section! {
    /// Who plays: registered accounts, when they were made, on which days they come back.
    PopulationKeys {
        /// Accounts ever registered, those from before the run included.
        players: u32 = "150000", Int(1, 20_000_000);
        /// Closed worlds that players are dealt to; 0 means one per 3,500 players expected online at the peak, at least 2.
        realms: u32 = "0", Int(0, 32_767);
    }
    sections {
        /// When accounts are made.
        installs: Installs;
        /// On which days players come back.
        retention: Retention;
    }
}

section! {
    /// When accounts are made. Ids are given in order of installation.
    Installs {
        /// Share of the accounts that are older than the run.
        veteran_share: f64 = "0.8", SHARE;
        /// Those are spread evenly over this many days before the start.
        veteran_days: u32 = "180", Int(1, 730);
        /// The others install within this many days from the start, however long the run is.
        horizon_days: u32 = "30", Int(1, 731);
        /// Share of those who follow the launch curve 1 / (1 + day); the rest spread evenly but for campaigns.
        launch_share: f64 = "0.4", SHARE;
        /// Campaigns in a year, one in each of as many parts of it.
        campaigns_per_year: u32 = "8", Int(0, 50);
        /// Days that a campaign lasts.
        campaign_days: u32 = "3", Int(1, 60);
        /// How many times as many of the evenly spread install on a day of a campaign.
        campaign_factor: f64 = "3.0", Num(1.0, 100.0);
        /// How much engagement of newcomers changes in a year: those who come first are the keenest.
        engagement_drift_per_year: f64 = "-0.2", Num(-5.0, 5.0);
    }
}

section! {
    /// On which days a player comes back: after each active day the player may be gone for good, or waits a gap with a power-law tail.
    Retention {
        /// Share of players of average engagement who never return after their first day (twice this times the normal tail of engagement).
        one_day_share: f64 = "0.235", SHARE;
        /// Chance of leaving for good after an active day: 1 - (1 - u)^(1 / this), u uniform over players; larger means more loyal.
        churn_exponent: f64 = "9.7", Num(0.1, 1000.0);
        /// Correlation of leaving with engagement.
        churn_engagement_correlation: f64 = "-0.78", Num(-1.0, 1.0);
        /// Natural logarithm of the gap scale in days at average engagement.
        gap_scale_log: f64 = "0.36", Num(-10.0, 10.0);
        /// How much one standard deviation of engagement lowers that logarithm.
        gap_engagement_effect: f64 = "1.536", Num(-10.0, 10.0);
        /// Gaps grow with account age as (1 + age / 30 days)^this.
        gap_age_exponent: f64 = "0.615", Num(0.0, 5.0);
        /// Tail exponent of the gap distribution; smaller means heavier.
        gap_tail_exponent: f64 = "1.06", Num(0.1, 10.0);
        /// How likely a player comes on each weekday, Monday first, relative to the best.
        weekday_weights: Vec<f64> = "[0.96, 0.945, 0.945, 0.975, 1.0, 1.1, 1.09]", Nums(7, 0.01, 100.0);
        /// Every player has a favourite weekday: chance that who would come back after five days or more, and at most two days before or after it, comes on that day instead.
        favourite_weekday_pull: f64 = "0.5", SHARE;
    }
}

section! {
    /// What a sitting looks like: when it starts, how long it lasts, how it ends.
    Sessions {
        /// Hour of the day, local time, around which the average player's sessions start.
        peak_hour_local: f64 = "20.0", Num(0.0, 24.0);
        /// Standard deviation of that hour between players.
        peak_hour_spread_hours: f64 = "2.8", Num(0.0, 12.0);
        /// Session starts by hour relative to the player's own peak, from 12 hours before it to 11 after.
        start_weights_by_hour: Vec<f64> = "[0.18, 0.21, 0.3, 0.43, 0.6, 0.78, 0.98, 1.2, 1.31, 1.51, 1.82, 2.3, 2.63, 2.41, 2.06, 1.63, 1.21, 0.83, 0.55, 0.37, 0.24, 0.18, 0.15, 0.15]", Nums(24, 0.0, 1000.0);
        /// How wide the own hours of the middle player are, relative to those weights.
        clock_width: f64 = "0.78", Num(0.01, 2.0);
        /// Standard deviation between players of the logarithm of that width.
        clock_width_spread_log: f64 = "0.35", Num(0.0, 2.0);
        /// Weibull shape of the lengths of a player's sessions: 1 is exponential, more are more alike.
        length_shape: f64 = "1.13", Num(0.3, 10.0);
        /// Standard deviation between players of the logarithm of mean session length.
        length_spread_log: f64 = "0.12", Num(0.0, 3.0);
        /// How much one standard deviation of engagement, within an archetype, adds to the logarithm of the sessions after a day's first.
        further_engagement_effect: f64 = "0.45", Num(-3.0, 3.0);
        /// Standard deviation between players of the logarithm of those sessions, beside engagement.
        further_spread_log: f64 = "0.4", Num(0.0, 3.0);
        /// Chance of yet another session of the day after each, relative to that after the one before: players tire.
        further_decay: f64 = "0.95", Num(0.0, 1.0);
        /// How much one standard deviation of engagement adds to that logarithm.
        length_engagement_effect: f64 = "0.38", Num(-3.0, 3.0);
        /// Mean length on days of 1, 2, ... 6 or more sessions, relative to days of one.
        length_by_count: Vec<f64> = "[1.0, 1.0, 0.95, 0.85, 0.75, 0.62]", Nums(6, 0.01, 10.0);
        /// Longest sitting in minutes.
        max_minutes: u32 = "720", Int(1, 1440);
        /// Share of sessions that end by a lost connection.
        disconnect_share: f64 = "0.05", SHARE;
        /// Share of sessions that end by a kick.
        kicked_share: f64 = "0.004", SHARE;
        /// Mean break in minutes after a session before the player starts another; at least one minute.
        break_minutes: f64 = "15.0", Num(0.0, 1440.0);
        /// Mean time in seconds after a lost connection before the player starts another session; at least five seconds.
        reconnect_seconds: f64 = "60.0", Num(0.0, 3600.0);
        /// Days between two client versions.
        client_release_days: u32 = "14", Int(1, 731);
        /// Mean days until a player has the newest version.
        client_update_lag_days: f64 = "2.0", Num(0.0, 100.0);
    }
}

section! {
    /// Who knows whom. Friends are of one realm, mostly of one region and of similar engagement.
    Friends {
        /// Mean number of friends of an account; fewer in realms of less than 128 accounts.
        mean: f64 = "8.0", Num(0.0, 60.0);
        /// Standard deviation of the logarithm of how easily players make friends.
        spread_log: f64 = "0.8", Num(0.0, 2.0);
        /// Chance of a friendship between two regions, relative to one within a region.
        other_region: f64 = "0.1", SHARE;
        /// Difference of engagement at which a friendship is half as likely, in standard deviations of the population.
        engagement_reach: f64 = "0.7", Num(0.01, 100.0);
    }
}

section! {
    /// Who plays together: some ask friends along who are active on the day and have time.
    PartyKeys {
        /// Chance that a session whose player is in no party yet asks friends along.
        share: f64 = "0.5", SHARE;
        /// How often a party of 2, 3, 4 and 5 is wanted, relative to the others; it stays smaller if friends have no time.
        size_weights: Vec<f64> = "[0.4, 0.2, 0.35, 0.05]", Nums(4, 0.0, 1000.0);
        /// Most sessions in a party; 0 means the largest team of any mode, and at most 5. Parties play modes in whose teams they fit.
        size_max: u32 = "0", Int(0, 5);
        /// How much better a player is for each mate of its party who is seated with it, in units of skill.
        mate_skill: f64 = "0.2", Num(-5.0, 5.0);
    }
}

section! {
    /// Who plays against whom: matches are filled by skill, practice included, as far as it is known.
    Matchmaking {
        /// Error with which skill is known: standard deviation, in units of skill.
        noise: f64 = "0.5", Num(0.0, 10.0);
        /// So many matches that could be joined are looked at, oldest first, for the one whose players are most alike.
        breadth: u32 = "4", Int(1, 1000);
    }
}

section! {
    /// Who pays, and from when on.
    Payers {
        /// Correlation of paying with engagement within an archetype; how many pay does not depend on it.
        engagement_correlation: f64 = "0.92", Num(-1.0, 1.0);
        /// An account of age t days first pays with a chance that falls as (1 + t)^-this, in its first session from then on.
        first_purchase_exponent: f64 = "0.83", Num(0.0, 10.0);
        /// Oldest such age in days.
        first_purchase_days: u32 = "365", Int(1, 731);
    }
}

section! {
    /// A sale: for some days prices are lower and more sessions buy. Sales do not overlap and lie within the run.
    Sale {
        /// Its first day.
        start: Date = "\"2026-01-05\"", Day;
        /// Its days.
        days: u32 = "3", Int(1, 731);
        /// Part of every price that is taken off.
        discount: f64 = "0.3", Num(0.0, 0.99);
        /// How many times as many sessions of those who have paid before have a purchase, as far as that is possible.
        demand: f64 = "2.0", Num(0.01, 100.0);
    }
}

impl Sale {
    /// Part of every price that is taken off, millionths.
    pub fn discount_ppm(&self) -> u32 {
        libm::round(self.discount * 1e6) as u32
    }
}

section! {
    /// A spending cluster. Who is in which is set by archetype; everyone else never pays.
    Cluster {
        /// Chance that a session has a purchase.
        session_chance: f64 = "0.05", SHARE;
        /// Chance that a purchase is followed by another in the session.
        again_chance: f64 = "0.1", SHARE;
        /// Price around which items are chosen, in US cents.
        typical_price_usd_cents: u32 = "499", Int(1, 1_000_000);
        /// How far prices stray from it: standard deviation of their logarithm.
        price_spread_log: f64 = "0.8", Num(0.05, 10.0);
    }
}

section! {
    /// How players grow. Careers count from the run's start or from installing, whichever is later.
    CareerKeys {
        /// How much practice adds to skill: this times ln(1 + matches / practice_matches).
        practice: f64 = "0.25", Num(0.0, 10.0);
        /// Matches that are a unit of practice.
        practice_matches: f64 = "20.0", Num(0.1, 100_000.0);
        /// How much a break takes from skill, on the first day after it: this times ln(1 + days without a session / 7).
        rust: f64 = "0.1", Num(0.0, 10.0);
        /// Experience for a match joined.
        match_experience: u32 = "50", Int(0, 1_000_000);
        /// Experience for a kill.
        kill_experience: u32 = "10", Int(0, 1_000_000);
        /// Experience that the second level takes.
        level_experience: u32 = "400", Int(1, 1_000_000_000);
        /// Level n takes this power of n - 1 as much; larger means that levels come ever more slowly.
        level_exponent: f64 = "1.6", Num(1.0, 5.0);
        /// Highest level.
        levels: u32 = "100", Int(1, 1000);
    }
}

section! {
    /// An achievement: unlocked at the end of the session with which a player's count reaches the threshold.
    Achievement {
        /// What is counted, over all sessions of the career.
        counts: String = "\"matches\"", OneOf(&["matches", "kills", "sessions", "purchases"]);
        /// The count that unlocks it.
        threshold: u32 = "1", Int(1, 1_000_000_000);
    }
}

section! {
    /// Who reports whom: a victim may report whoever has just killed it.
    ReportKeys {
        /// Chance that a victim reports an honest killer.
        honest_per_kill: f64 = "0.00003", SHARE;
        /// Chance that a victim reports a killer who cheats.
        cheater_per_kill: f64 = "0.008", SHARE;
    }
}

section! {
    /// Who cheats. Some begin on their own, and some follow a friend who did. Who it is, how and since when is in truth_players.
    CheatingKeys {
        /// Share of the accounts that begin on their own, sooner or later; 0 means that nobody cheats.
        share: f64 = "0.0", SHARE;
        /// Chance that an account follows a friend who began on its own, for each such friend; in realms of one region and engagement friends are alike.
        contagion: f64 = "0.06", SHARE;
        /// Mean days until somebody follows.
        contagion_days: f64 = "20.0", Num(0.0, 1000.0);
    }
}

section! {
    /// A way to cheat. Telemetry shows what it does, never that it does.
    Cheat {
        /// How often it is chosen, relative to the other ways.
        weight: f64 = "1.0", WEIGHT;
        /// Mean age in days at which an account begins; 0 means with its first session.
        onset_days: f64 = "30.0", Num(0.0, 1000.0);
        /// How much better it makes a player, in units of skill.
        skill: f64 = "0.0", Num(-10.0, 10.0);
        /// Headshots relative to those of the weapon, as far as kills go.
        headshot_factor: f64 = "1.0", Num(0.0, 100.0);
        /// Speed on the way relative to what the rules of movement allow.
        speed_factor: f64 = "1.0", Num(1.0, 100.0);
        /// Chance at a heartbeat to be somewhere else on the map.
        teleport_chance: f64 = "0.0", SHARE;
        /// Length of sessions relative to the player's own, up to sessions.max_minutes.
        hours_factor: f64 = "1.0", Num(0.01, 100.0);
    }
}

section! {
    /// Who is found out. The rules see telemetry alone: each looks at a session when it ends. Flags come before bans, and bans end careers.
    AnticheatKeys {
        /// Whether sessions are looked at.
        enabled: bool = "true", Flag;
        /// Rule impossible_movement: heartbeats of a session farther from the one before than top speed allows, without a death in between.
        jumps: u32 = "3", Int(1, 32_767);
        /// Rule headshots: kills of a session from which on their headshots are looked at.
        headshot_kills: u32 = "25", Int(1, 32_767);
        /// Rule headshots: share of headshots among them.
        headshot_share: f64 = "0.55", SHARE;
        /// Rule kill_ratio: kills of a session from which on its ratio is looked at.
        ratio_kills: u32 = "50", Int(1, 32_767);
        /// Rule kill_ratio: kills for each death.
        ratio: f64 = "14.0", Num(0.1, 10_000.0);
        /// Rule hours: length of a session in minutes.
        session_minutes: u32 = "700", Int(1, 1440);
        /// Rule reports: reports against a player in a session.
        reports: u32 = "2", Int(1, 32_767);
        /// Flags after which an account is condemned.
        flags_to_ban: u32 = "2", Int(1, 255);
        /// Share of the condemned who are banned at the next midnight; the others at the next wave.
        immediate_share: f64 = "0.3", SHARE;
        /// Days between two waves of bans; 0 means that nobody is banned.
        wave_days: u32 = "28", Int(0, 731);
    }
}

section! {
    /// What makes players stop, sooner or for good: each a chance whose true size is in truth_effects. All are 0 unless a scenario says otherwise.
    EffectKeys {
        /// Chance that a death ends the session of the victim within the next heartbeat interval.
        death_ends_session: f64 = "0.0", SHARE;
        /// Chance that a lost match ends the session of whoever has played it to its end, within the next heartbeat interval.
        loss_ends_session: f64 = "0.0", SHARE;
        /// Chance that a session with more deaths than kills was the player's last day.
        losing_ends_career: f64 = "0.0", SHARE;
        /// Chance that a player who would leave for good after an active day comes back because it played in a party on it.
        party_keeps_player: f64 = "0.0", SHARE;
    }
}

section! {
    /// What happens to heartbeats on their way to the collector. It shows in heartbeats_received and truth_defects, never in heartbeats.
    DefectKeys {
        /// Share of heartbeats that arrive late.
        late_share: f64 = "0.0", SHARE;
        /// Mean delay of those in seconds; and of second copies after the first.
        late_mean_s: f64 = "120.0", Num(0.001, 86_400.0);
        /// Share of heartbeats that arrive twice, of those that arrive.
        duplicate_share: f64 = "0.0", SHARE;
        /// Share of heartbeats that never arrive, outages aside.
        lost_share: f64 = "0.0", SHARE;
        /// Share of heartbeats whose time the client tells wrong.
        jitter_share: f64 = "0.0", SHARE;
        /// By how much at most, in milliseconds, up or down.
        jitter_max_ms: u32 = "1000", Int(0, 3_600_000);
        /// Share of players whose clock is wrong, always by as much.
        skew_share: f64 = "0.0", SHARE;
        /// By how much at most, in seconds, up or down.
        skew_max_s: u32 = "120", Int(0, 86_400);
    }
}

section! {
    /// The collectors of a region are down: no heartbeat of a match there arrives.
    Outage {
        /// The region.
        region: String = "\"eu-west\"", NameIn("regions");
        /// The day on which it begins.
        start: Date = "\"2026-01-05\"", Day;
        /// The hour of that day, UTC.
        hour_utc: f64 = "12.0", Num(0.0, 23.99);
        /// Its length.
        minutes: u32 = "60", Int(1, 100_000);
    }
}

section! {
    /// Fights. A kill needs two opponents within the engage radius of each other at a heartbeat, who see each other.
    Combat {
        /// Whether anyone is killed at all.
        enabled: bool = "true", Flag;
        /// Opponents this near or nearer to each other at a heartbeat may fight, in metres; modes may have their own distance.
        engage_radius_m: u32 = "35", Int(1, 378);
        /// How much one unit of skill difference moves the log-odds of winning a fight.
        skill_effect: f64 = "0.8", Num(0.0, 10.0);
        /// How much better or worse than usual players are in a match: standard deviation, in units of skill.
        form_spread: f64 = "0.5", Num(0.0, 10.0);
        /// How far a fighter may drift from the heartbeat position until the kill, in centimetres per second.
        drift_cm_per_s: u32 = "120", Int(0, 10_000);
    }
}

section! {
    /// What counts as an encounter. Distances are compared with the boundary included.
    Encounter {
        /// Whose rule to follow: fills in keys of this section that the scenario does not set itself; the documentation of encounters tells the rules.
        preset: String = "\"none\"", OneOf(&["none", "sprint", "gfw", "cdc"]);
        /// A pair this near or nearer is in contact; contacts start encounters.
        radius_cm: u32 = "1000", Int(1, 37_836);
        /// A pair this near or nearer keeps an open encounter alive; 0 means the same as radius_cm.
        exit_radius_cm: u32 = "0", Int(0, 37_836);
        /// Longest time between two near heartbeats of one encounter; at least clock.heartbeat_seconds.
        merge_gap_s: u32 = "180", Int(1, 86_400);
        /// Shortest encounter that is written to encounters_swept and encounters_team, from started_at to ended_at, in seconds; encounters keeps all, because kills refer to them.
        min_duration_s: u32 = "0", Int(0, 86_400);
        /// A step between two heartbeats farther than this is a jump, not a walk, and takes no part in encounters_swept.
        sweep_max_step_cm: u32 = "100000", Int(1, 1_073_741_824);
        /// Two teams whose centroids are this near or nearer start an encounter of teams.
        team_radius_cm: u32 = "5000", Int(1, 37_836);
        /// Two teams whose centroids are this near or nearer keep it alive; 0 means the same as team_radius_cm.
        team_exit_radius_cm: u32 = "0", Int(0, 37_836);
        /// Longest time between two near heartbeats of one encounter of teams; at least clock.heartbeat_seconds.
        team_merge_gap_s: u32 = "180", Int(1, 86_400);
        /// Which pairs count: any, or only opponents, or only allies.
        relation: String = "\"any\"", OneOf(&["any", "opponents", "allies"]);
    }
}

section! {
    /// What is written. No key here changes what is simulated.
    Output {
        /// Groups of realms that share files; 0 means one per about 128 MB of heartbeats a day.
        shards: u32 = "0", Int(0, 32_767);
        /// Heartbeats are written for one player in so many, chosen by account number, with whole trajectories; 1 means all. Nothing else changes.
        heartbeat_players_one_in: u32 = "1", Int(1, 1_000_000);
        /// Compression of Parquet pages.
        compression: String = "\"zstd\"", OneOf(&["zstd", "none"]);
        /// Level of compression; higher is smaller and slower.
        compression_level: u32 = "1", Int(1, 19);
    }
    sections {
        /// Which tables are written.
        tables: OutputTables;
    }
}

section! {
    /// What is counted beside the tables. No key here changes what is simulated.
    Report {
        /// Whether golden.json is written: answers to the questions of the warehouse, counted while the run lasts; up to 1,000,000 players.
        golden: bool = "false", Flag;
    }
}

/// Declares the switches of the listed tables.
macro_rules! switches {
    ($( $group:ident { $( $(#[doc = $doc:literal])+ $table:ident: $row:ident, $on:literal; )+ } )+) => {
        section! {
            /// Which tables are written. Turning one off changes no byte of any other.
            OutputTables {
                $( $( $(#[doc = $doc])+ $table: bool = $on, Flag; )+ )+
            }
        }

        impl OutputTables {
            /// Whether a table is written; `false` for what is no table.
            pub fn writes(&self, table: &str) -> bool {
                match table {
                    $( $( stringify!($table) => self.$table, )+ )+
                    _ => false,
                }
            }
        }
    };
}
crate::table_list::for_each_table!(switches);

section! {
    /// A data-centre region.
    Region {
        /// Share of the players, relative to the other regions.
        weight: f64 = "1.0", WEIGHT;
    }
    tables {
        /// Its countries, keyed by ISO 3166-1 alpha-2 code.
        countries: Country;
    }
}

section! {
    /// A country of a region.
    Country {
        /// Share of the region's players, relative to its other countries.
        weight: f64 = "1.0", WEIGHT;
        /// Local time minus UTC, the same all year.
        utc_offset_minutes: i32 = "0", Int(-720, 840);
        /// What its players pay in.
        currency: String = "\"USD\"", NameIn("currencies");
    }
}

section! {
    /// A currency, keyed by its ISO 4217 code.
    Currency {
        /// Digits of its minor unit, in which prices are written; -1 means those of ISO 4217, such as 0 for JPY and 2 for EUR.
        digits: i32 = "-1", Int(-1, 4);
        /// Units for one US dollar.
        per_usd: f64 = "1.0", Num(0.000_001, 100_000.0);
    }
}

section! {
    /// A platform.
    Platform {
        /// Session length relative to the archetype's.
        length_factor: f64 = "1.0", Num(0.01, 100.0);
        /// Further sessions on an active day relative to the archetype's.
        sessions_factor: f64 = "1.0", Num(0.01, 100.0);
    }
}

section! {
    /// A device.
    Device {
        /// The platform it belongs to.
        platform: String = "\"pc\"", NameIn("platforms");
        /// Share of the players, relative to the other devices.
        weight: f64 = "1.0", WEIGHT;
        /// How likely its players pay, relative to the shares of their archetypes.
        payer_factor: f64 = "1.0", Num(0.0, 100.0);
    }
}

section! {
    /// A kind of player.
    Archetype {
        /// Share of the players, relative to the other archetypes.
        share: f64 = "1.0", WEIGHT;
        /// Mean engagement, in standard deviations of the whole population.
        engagement: f64 = "0.0", Num(-5.0, 5.0);
        /// Standard deviation of engagement.
        engagement_spread: f64 = "1.0", Num(0.0, 5.0);
        /// Mean sessions on an active day, before the limit of 10 and if players did not tire (sessions.further_decay).
        sessions_per_day: f64 = "1.5", Num(1.0, 10.0);
        /// Mean session length in minutes, before the limit of sessions.max_minutes.
        session_minutes: f64 = "60.0", Num(0.1, 1_000_000.0);
        /// Mean skill, in standard deviations of the whole population.
        skill: f64 = "0.0", Num(-5.0, 5.0);
        /// Standard deviation of skill.
        skill_spread: f64 = "1.0", Num(0.0, 5.0);
    }
    tables {
        /// Who pays, keyed by spending cluster; the rest never do.
        spenders: Spender;
    }
}

section! {
    /// The part of an archetype that belongs to a spending cluster.
    Spender {
        /// Share of the archetype's players.
        share: f64 = "0.0", SHARE;
    }
}

section! {
    /// A map: a rectangle of ground with places that draw players and points where they spawn.
    Map {
        /// Extent from west to east in metres.
        extent_x_m: u32 = "400", Int(10, 100_000);
        /// Extent from south to north in metres.
        extent_y_m: u32 = "400", Int(10, 100_000);
        /// Height of its two ridges in metres; at most a tenth of the shorter extent.
        relief_m: u32 = "12", Int(0, 10_000);
        /// Places laid out at random if none are listed, joined by ways to those beside them.
        generated_places: u32 = "25", Int(1, 1024);
        /// The n-th of those is chosen in proportion to n^-this.
        generated_popularity_exponent: f64 = "0.75", Num(0.0, 3.0);
        /// Radius of those in metres.
        generated_radius_m: u32 = "12", Int(1, 10_000);
        /// How far one sees, in metres: the distance at which 37 of 100 pairs have no cover between them, at twice that 14, at three times 5.
        sight_m: f64 = "20.0", Num(0.5, 10_000.0);
        /// How much sight differs between places laid out at random: standard deviation of its logarithm.
        sight_spread_log: f64 = "0.35", Num(0.0, 2.0);
    }
    tables {
        /// Places that draw players.
        places: Place;
        /// Points where teams spawn; teams take them in order of names. If none are listed, each team spawns anywhere in a sector of its own.
        spawns: SpawnPoint;
    }
}

section! {
    /// A place on a map.
    Place {
        /// Its centre, in metres from the west.
        x_m: u32 = "0", Int(0, 100_000);
        /// Its centre, in metres from the south.
        y_m: u32 = "0", Int(0, 100_000);
        /// Its radius in metres.
        radius_m: u32 = "10", Int(1, 10_000);
        /// How often it is chosen, relative to the other places; true to a part in 16,384, or 131,072 on maps with many places.
        popularity: f64 = "1.0", WEIGHT;
        /// How far one sees around it, relative to the map's sight_m.
        sight: f64 = "1.0", Num(0.05, 20.0);
        /// Places that a way joins it to, in both directions. Where no place of the map has any, each is joined to those beside it.
        routes: Vec<String> = "[]", NamesIn("maps.*.places");
    }
}

section! {
    /// A point where a team spawns.
    SpawnPoint {
        /// In metres from the west.
        x_m: u32 = "0", Int(0, 100_000);
        /// In metres from the south.
        y_m: u32 = "0", Int(0, 100_000);
        /// How far around it players appear, in metres.
        radius_m: u32 = "8", Int(0, 10_000);
    }
}

section! {
    /// A way of moving.
    Movement {
        /// hotspots: dwell at places, travel between them by the shortest ways; random_waypoint: straight to uniform points; levy_walk: steps with a power-law length.
        model: String = "\"hotspots\"", OneOf(&["hotspots", "random_waypoint", "levy_walk"]);
        /// Nobody is ever faster than this, in centimetres per second.
        top_speed_cm_per_s: u32 = "480", Int(1, 10_000);
        /// Mean time at a place or waypoint before moving on, in seconds.
        dwell_seconds: f64 = "60.0", Num(0.0, 86_400.0);
        /// Weibull shape of that time: below 1 the longer somebody has stayed, the longer it still stays; 1 forgets.
        dwell_shape: f64 = "0.6", Num(0.3, 1.0);
        /// How far a dwelling player strays at most, in metres on each axis; mostly half as far or less.
        roam_m: u32 = "8", Int(0, 1000);
        /// Share of the time on the way in which players walk at half of top speed; otherwise they run.
        walk_share: f64 = "0.33", SHARE;
        /// Tail exponent of step lengths of a Levy walk; smaller means longer journeys.
        levy_exponent: f64 = "1.6", Num(0.1, 10.0);
        /// Shortest step of a Levy walk in metres.
        levy_min_step_m: f64 = "5.0", Num(0.1, 10_000.0);
    }
}

section! {
    /// A game mode.
    Mode {
        /// How often it is chosen, relative to the other modes.
        weight: f64 = "1.0", WEIGHT;
        /// Teams in a match.
        teams: u32 = "2", Int(1, 127);
        /// Players in a team.
        team_size: u32 = "6", Int(1, 20_000);
        /// Mean match length in minutes.
        match_minutes: f64 = "10.0", Num(0.5, 1440.0);
        /// Match lengths vary evenly by this share up and down.
        match_minutes_spread: f64 = "0.25", Num(0.0, 0.9);
        /// Maps it is played on; empty means all.
        maps: Vec<String> = "[]", NamesIn("maps");
        /// How its players move.
        movement: String = "\"run\"", NameIn("movements");
        /// Whether each team moves as one squad; otherwise only the members of a party move together.
        squads: bool = "false", Flag;
        /// Whether a death ends the match for the victim; otherwise victims respawn at the next heartbeat.
        elimination: bool = "false", Flag;
        /// Longest round in seconds; 0 for no rounds. Who dies in a round is out until the next, which begins when at most one team has anybody alive or time is up; most rounds win. Not with elimination.
        round_s: u32 = "0", Int(0, 86_400);
        /// Time from its start in which players may join a match with elimination; nobody is killed in it. Other matches are joined at any time.
        join_window_s: u32 = "120", Int(1, 86_400);
        /// Whether the playable circle shrinks around a random centre over the match, drawing players together.
        circle_closes: bool = "false", Flag;
        /// Distance up to which its opponents fight, in metres; 0 means combat.engage_radius_m.
        engage_radius_m: u32 = "0", Int(0, 378);
        /// Chance that two opponents who see each other at a heartbeat fight until one is dead.
        kill_chance: f64 = "0.5", SHARE;
    }
}

section! {
    /// A weapon.
    Weapon {
        /// How often it is carried, relative to the other weapons.
        weight: f64 = "1.0", WEIGHT;
        /// Distance at which it is used most, in metres.
        best_range_m: f64 = "10.0", Num(0.1, 10_000.0);
        /// How quickly use falls off with the logarithm of distance; larger means more versatile.
        range_spread_log: f64 = "0.8", Num(0.05, 10.0);
        /// Share of its kills that are headshots.
        headshot_share: f64 = "0.2", SHARE;
    }
}

section! {
    /// An item of the shop.
    Item {
        /// Category.
        category: String = "\"cosmetic\"", Text;
        /// Price in US cents; other currencies follow by their rate.
        price_usd_cents: u32 = "499", Int(1, 1_000_000);
        /// How often it is bought, relative to other items of its price.
        weight: f64 = "1.0", WEIGHT;
    }
}

/// Reads a whole file.
pub fn read_file(table: &super::tree::TomlTable, findings: &mut Findings) -> File {
    let mut reader = Reader::root(&File::SPEC, table, findings);
    let file = File::read(&mut reader);
    reader.refuse_unknown_keys(&File::SPEC);
    file
}
