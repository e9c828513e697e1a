//! Checks that concern several keys at once.

use super::exchange::ExchangeRate;
use super::key::{Findings, Named, closest};
use super::sections::{Cheat, File, Map, Place, Sale};
use super::tree::At;
use crate::random::item_number;
use crate::time::DAY_S;

/// Largest match, so that a pair of participants packs into one 64-bit key with room to spare.
const MAX_MATCH_SIZE: u32 = 1 << 20;

/// Problems with a did-you-mean, and names that are looked through for it.
const MAX_HINTS: usize = 200;

struct Checker<'f> {
    findings: &'f mut Findings,
}

impl Checker<'_> {
    /// Reports a problem at the place of a key, or of the nearest table above it that was written; unless the message
    /// speaks of a key that is wrong by itself: what it says would be of a value that nobody gave.
    fn report(&mut self, key: &str, message: String) {
        let words = message.split([' ', ',', ';', ':', '=', '[', ']', '"']);
        if self.findings.is_wrong(key) || words.into_iter().any(|word| self.findings.is_wrong(word)) {
            return;
        }
        let mut path = key;
        let at = loop {
            if let Some(at) = self.findings.places.get(path) {
                break at.clone();
            }
            match path.rfind('.') {
                Some(dot) => path = &path[..dot],
                None => break At::File(1, 1),
            }
        };
        self.findings.problems.push((at, message));
    }

    fn require(&mut self, holds: bool, key: &str, message: impl FnOnce() -> String) {
        if !holds {
            self.report(key, message());
        }
    }

    /// A name must be an entry of a table.
    fn refer<T>(&mut self, key: &str, name: &str, table_name: &str, table: &Named<T>) {
        if table.index_of(name).is_none() {
            // Hints for the first of many problems, among the first of many names: all of them take time nobody has.
            let names: Vec<&str> = table.names().take(MAX_HINTS).collect();
            let near = if self.findings.problems.len() < MAX_HINTS { closest(name, &names) } else { None };
            let hint = match near {
                Some(near) => format!("did you mean \"{near}\"?"),
                None if table.len() > 20 => {
                    format!("its entries are {} and {} more", names[..20].join(", "), table.len() - 20)
                }
                None => format!("its entries are {}", names.join(", ")),
            };
            self.report(key, format!("{key} = \"{name}\": [{table_name}] has no such entry; {hint}"));
        }
    }

    /// A table that something is drawn from needs an entry of positive weight.
    fn drawable<T>(&mut self, path: &str, table: &Named<T>, weight: impl Fn(&T) -> f64) {
        if table.is_empty() {
            self.report(path, format!("[{path}] has no entries; add one, such as [{path}.NAME]"));
        } else {
            let total: f64 = table.values().map(weight).sum();
            self.require(total > 0.0, path, || {
                format!("all entries of [{path}] have weight 0; give one a positive weight")
            });
        }
    }
}

/// Most players whose days are all kept.
const GOLDEN_PLAYERS: u32 = 1_000_000;

/// Checks everything that concerns several keys.
pub fn check(file: &File, findings: &mut Findings) {
    let checker = &mut Checker { findings };
    check_clock_and_encounters(file, checker);
    check_population(file, checker);
    check_maps(file, checker);
    check_modes(file, checker);
    check_parties(file, checker);
    check_sales(file, checker);
    check_cheating(file, checker);
    check_defects(file, checker);
    checker.drawable("weapons", &file.weapons, |weapon| weapon.weight);
    checker.drawable("items", &file.items, |item| item.weight);
}

/// Sales lie within the run and do not overlap.
fn check_sales(file: &File, checker: &mut Checker<'_>) {
    let run_ends = file.clock.start.plus(file.clock.days as i32);
    let mut sales: Vec<(&String, &Sale)> = file.sales.entries.iter().map(|(name, sale)| (name, sale)).collect();
    for (name, sale) in &sales {
        let (key, ends) = (format!("sales.{name}.start"), sale.start.plus(sale.days as i32));
        let is_within = sale.start >= file.clock.start && ends <= run_ends;
        checker.require(is_within, &key, || {
            format!(
                "{key} = {}: the sale lasts to {}, and the run from {} to {}; a sale lies within the run",
                sale.start,
                ends.plus(-1),
                file.clock.start,
                run_ends.plus(-1)
            )
        });
    }
    sales.sort_by_key(|(_, sale)| sale.start);
    for pair in sales.windows(2) {
        let [(before, first), (name, sale)] = pair else { continue };
        let key = format!("sales.{name}.start");
        checker.require(first.start.plus(first.days as i32) <= sale.start, &key, || {
            format!(
                "{key} = {}: sale \"{before}\" is still on until {}; sales do not overlap",
                sale.start,
                first.start.plus(first.days as i32 - 1)
            )
        });
    }
}

/// Outages lie within the run.
fn check_defects(file: &File, checker: &mut Checker<'_>) {
    let run_ends = file.clock.start.plus(file.clock.days as i32);
    for (name, outage) in &file.outages.entries {
        checker.refer(&format!("outages.{name}.region"), &outage.region, "regions", &file.regions);
        let key = format!("outages.{name}.start");
        checker.require((file.clock.start..run_ends).contains(&outage.start), &key, || {
            format!(
                "{key} = {}: the run lasts from {} to {}; an outage begins within it",
                outage.start,
                file.clock.start,
                run_ends.plus(-1)
            )
        });
    }
    let is_shown = file.output.tables.heartbeats_received || file.output.tables.truth_defects;
    let keys = &file.defects;
    let defects = [
        ("defects.late_share", keys.late_share > 0.0),
        ("defects.duplicate_share", keys.duplicate_share > 0.0),
        ("defects.lost_share", keys.lost_share > 0.0),
        ("defects.jitter_share", keys.jitter_share > 0.0),
        ("defects.skew_share", keys.skew_share > 0.0),
        ("outages", !file.outages.is_empty()),
    ];
    if let Some((key, _)) = defects.into_iter().find(|(_, happens)| *happens && !is_shown) {
        let message = format!(
            "{key}: shows nowhere, because neither heartbeats_received nor truth_defects is written; set \
             output.tables.heartbeats_received = true"
        );
        checker.report(key, message);
    }
}

/// Who cheats does so in some way, and the anti-cheat looks for what there can be.
fn check_cheating(file: &File, checker: &mut Checker<'_>) {
    if file.cheating.share > 0.0 {
        checker.drawable("cheats", &file.cheats, |cheat| cheat.weight);
    }
    let anticheat = &file.anticheat;
    let longest = file.sessions.max_minutes;
    let is_long = |cheat: &Cheat| cheat.weight > 0.0 && cheat.hours_factor > 1.0;
    let has_hours = file.cheating.share > 0.0 && anticheat.enabled && file.cheats.values().any(is_long);
    checker.require(file.cheats.index_of("none").is_none(), "cheats.none", || {
        "cheats.none: truth_players.cheat says none of the honest; give it another name".into()
    });
    checker.require(!has_hours || anticheat.session_minutes <= longest, "anticheat.session_minutes", || {
        format!(
            "anticheat.session_minutes = {}: no session is longer than sessions.max_minutes = {longest}, so that this would \
             find nobody; lower it",
            anticheat.session_minutes
        )
    });
}

fn check_clock_and_encounters(file: &File, checker: &mut Checker<'_>) {
    let heartbeat = file.clock.heartbeat_seconds;
    checker.require(DAY_S.is_multiple_of(heartbeat), "clock.heartbeat_seconds", || {
        format!("clock.heartbeat_seconds = {heartbeat}: must divide a day of 86,400 seconds; 30 and 60 do")
    });
    let encounter = &file.encounter;
    let has_teams = file.output.tables.encounters_team;
    let (team_radius, team_exit) = (encounter.team_radius_cm, encounter.team_exit_radius_cm);
    for (prefix, radius, exit, gap, is_used) in [
        ("", encounter.radius_cm, encounter.exit_radius_cm, encounter.merge_gap_s, true),
        ("team_", team_radius, team_exit, encounter.team_merge_gap_s, has_teams),
    ] {
        let key = format!("encounter.{prefix}exit_radius_cm");
        checker.require(exit == 0 || exit >= radius, &key, || {
            format!("{key} = {exit}: must be at least encounter.{prefix}radius_cm = {radius}, or 0 for the same")
        });
        let key = format!("encounter.{prefix}merge_gap_s");
        checker.require(!is_used || gap >= heartbeat, &key, || {
            format!("{key} = {gap}: must be at least clock.heartbeat_seconds = {heartbeat}")
        });
    }
}

fn check_population(file: &File, checker: &mut Checker<'_>) {
    let (realms, players) = (file.population.realms, file.population.players);
    checker.require(!file.report.golden || players <= GOLDEN_PLAYERS, "report.golden", || {
        format!(
            "report.golden = true: keeps every day of every player, which is too much for population.players = {players}; \
             up to 1,000,000 are counted"
        )
    });
    checker.require(realms <= players, "population.realms", || {
        format!("population.realms = {realms}: more realms than population.players = {players}; use fewer, or 0")
    });
    checker.drawable("regions", &file.regions, |region| region.weight);
    for (region, section) in &file.regions.entries {
        checker.drawable(&format!("regions.{region}.countries"), &section.countries, |country| country.weight);
        for (code, country) in &section.countries.entries {
            let path = format!("regions.{region}.countries.{code}");
            let valid = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            checker.require(valid, &path, || {
                format!("{path}: a country is keyed by its ISO 3166-1 code of two capital letters, such as DE")
            });
            checker.refer(&format!("{path}.currency"), &country.currency, "currencies", &file.currencies);
        }
    }
    let countries: usize = file.regions.values().map(|region| region.countries.len()).sum();
    checker.require(countries <= 10_000, "regions", || {
        format!("[regions] have {countries} countries together; at most 10,000")
    });
    for (id, item) in &file.items.entries {
        let price = |(code, keys)| ExchangeRate::new(code, keys).price(item.price_usd_cents);
        let mut currencies = file.currencies.entries.iter();
        let dear = currencies.find(|(code, keys)| price((code, keys)) > i32::MAX.into());
        if let Some((code, _)) = dear {
            let path = format!("items.{id}.price_usd_cents");
            let price = item.price_usd_cents;
            checker.report(
                &path,
                format!(
                    "{path} = {price}: more than 2,147,483,647 of the smallest coins of {code}; lower it or the rate"
                ),
            );
        }
    }
    let mut numbered: Vec<(i32, &str)> = file.items.names().map(|name| (item_number(name), name)).collect();
    numbered.sort_unstable();
    for pair in numbered.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let path = format!("items.{}", pair[1].1);
        let message =
            format!("{path}: its name gives the same item_id as {:?}; change one of the two names", pair[0].1);
        checker.report(&path, message);
    }
    for code in file.currencies.names() {
        let valid = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        checker.require(valid, &format!("currencies.{code}"), || {
            format!("currencies.{code}: a currency is keyed by its ISO 4217 code of three capital letters, such as EUR")
        });
    }
    checker.drawable("devices", &file.devices, |device| device.weight);
    for (id, device) in &file.devices.entries {
        checker.refer(&format!("devices.{id}.platform"), &device.platform, "platforms", &file.platforms);
    }
    checker.drawable("archetypes", &file.archetypes, |archetype| archetype.share);
    for (id, archetype) in &file.archetypes.entries {
        let path = format!("archetypes.{id}.spenders");
        for name in archetype.spenders.names() {
            checker.refer(&format!("{path}.{name}"), name, "clusters", &file.clusters);
        }
        let total: f64 = archetype.spenders.values().map(|spender| spender.share).sum();
        checker
            .require(total <= 1.0 + 1e-9, &path, || format!("the shares of [{path}] add up to {total:.3}; at most 1"));
    }
    let profile: f64 = file.sessions.start_weights_by_hour.iter().sum();
    checker.require(profile > 0.0, "sessions.start_weights_by_hour", || {
        "sessions.start_weights_by_hour: all 24 weights are 0; give an hour a positive weight".into()
    });
}

fn check_maps(file: &File, checker: &mut Checker<'_>) {
    checker.drawable("maps", &file.maps, |_| 1.0);
    for (id, map) in &file.maps.entries {
        let path = format!("maps.{id}");
        let limit = map.extent_x_m.min(map.extent_y_m) / 10;
        checker.require(map.relief_m <= limit, &format!("{path}.relief_m"), || {
            format!(
                "{path}.relief_m = {}: at most a tenth of the shorter of {path}.extent_x_m and {path}.extent_y_m, {limit}, so \
                 that slopes can be walked",
                map.relief_m
            )
        });
        if !map.places.is_empty() {
            checker.drawable(&format!("{path}.places"), &map.places, |place| place.popularity);
            check_routes(checker, &format!("{path}.places"), &map.places);
        }
        for (name, place) in &map.places.entries {
            inside(checker, &path, &format!("places.{name}"), map, place.x_m, place.y_m);
        }
        for (name, spawn) in &map.spawns.entries {
            inside(checker, &path, &format!("spawns.{name}"), map, spawn.x_m, spawn.y_m);
        }
    }
}

/// Most places of a map: the way from each to each is kept in a table.
const MOST_PLACES: usize = 1024;

/// Where places list routes, every place must be reached by them.
fn check_routes(checker: &mut Checker<'_>, path: &str, places: &Named<Place>) {
    checker.require(places.len() <= MOST_PLACES, path, || {
        format!(
            "[{path}] has {} places; at most {MOST_PLACES}, because the ways between all of them are kept",
            places.len()
        )
    });
    let mut ways = Vec::new();
    for (index, (name, place)) in places.entries.iter().enumerate() {
        for other in &place.routes {
            checker.refer(&format!("{path}.{name}.routes"), other, path, places);
            ways.extend(places.index_of(other).into_iter().flat_map(|other| [(index, other), (other, index)]));
        }
    }
    if ways.is_empty() {
        return;
    }
    let mut is_reached = vec![false; places.len()];
    let mut next = vec![0];
    while let Some(place) = next.pop() {
        if !std::mem::replace(&mut is_reached[place], true) {
            next.extend(ways.iter().filter(|(from, _)| *from == place).map(|(_, to)| *to));
        }
    }
    for (name, _) in places.names().zip(is_reached).filter(|(_, is_reached)| !is_reached) {
        let first = &places.entries[0].0;
        let message = format!(
            "{path}.{name}: cannot be reached from {path}.{first}: some places of the map list routes, and none leads here; add it \
             to the routes of a place, or list none"
        );
        checker.report(&format!("{path}.{name}"), message);
    }
}

fn inside(checker: &mut Checker<'_>, map_path: &str, entry: &str, map: &Map, x_m: u32, y_m: u32) {
    let path = format!("{map_path}.{entry}");
    for (key, value, extent) in [("x_m", x_m, map.extent_x_m), ("y_m", y_m, map.extent_y_m)] {
        checker.require(value <= extent, &format!("{path}.{key}"), || {
            format!("{path}.{key} = {value}: outside the map, which extends to {map_path}.extent_{key} = {extent}")
        });
    }
}

fn check_modes(file: &File, checker: &mut Checker<'_>) {
    checker.drawable("modes", &file.modes, |mode| mode.weight);
    check_matches_of_a_session(file, checker);
    for (id, mode) in &file.modes.entries {
        let path = format!("modes.{id}");
        checker.refer(&format!("{path}.movement"), &mode.movement, "movements", &file.movements);
        for name in &mode.maps {
            checker.refer(&format!("{path}.maps"), name, "maps", &file.maps);
        }
        let size = mode.teams * mode.team_size;
        checker.require((2..=MAX_MATCH_SIZE).contains(&size), &format!("{path}.team_size"), || {
            format!(
                "{path}.team_size = {}: with {path}.teams = {} a match has {size} players; from 2 to 1,048,576",
                mode.team_size, mode.teams
            )
        });
        checker.require(mode.round_s == 0 || !mode.elimination, &format!("{path}.round_s"), || {
            format!(
                "{path}.round_s = {}: a mode with elimination has no rounds, because who dies leaves the match; set it to 0, or \
                 {path}.elimination = false",
                mode.round_s
            )
        });
        let has_fights = mode.teams > 1 && file.combat.enabled && (mode.kill_chance > 0.0 || mode.circle_closes);
        checker.require(!mode.elimination || has_fights, &format!("{path}.elimination"), || {
            format!(
                "{path}.elimination = true: nobody would ever be eliminated, so that no match could be won; that takes \
                 {path}.teams of 2 or more, {path}.kill_chance above 0 or a circle that closes, and combat.enabled = true"
            )
        });
        let shortest_s = mode.match_minutes * (1.0 - mode.match_minutes_spread) * 60.0;
        let window = mode.join_window_s;
        checker.require(!mode.elimination || f64::from(window) < shortest_s, &format!("{path}.join_window_s"), || {
            format!(
                "{path}.join_window_s = {window}: must be shorter than the shortest match, {} s by {path}.match_minutes and \
                 {path}.match_minutes_spread",
                shortest_s.floor()
            )
        });
    }
}

/// Parties play modes in which they fit into a team.
fn check_parties(file: &File, checker: &mut Checker<'_>) {
    let parties = &file.parties;
    let largest = file.modes.entries.iter().max_by_key(|(_, mode)| mode.team_size);
    if let Some((id, mode)) = largest.filter(|(_, mode)| parties.size_max > mode.team_size) {
        let message = format!(
            "parties.size_max = {}: beyond modes.{id}.team_size = {}, the largest team; lower it, or make teams larger",
            parties.size_max, mode.team_size
        );
        checker.report("parties.size_max", message);
    }
    let total: f64 = parties.size_weights.iter().sum();
    checker.require(total > 0.0 || parties.share == 0.0, "parties.size_weights", || {
        "parties.size_weights: all 4 weights are 0; give a size a positive weight, or set parties.share = 0".into()
    });
}

/// `session_ends.matches` holds 32,767: the longest sitting must not fit more of the shortest matches.
fn check_matches_of_a_session(file: &File, checker: &mut Checker<'_>) {
    let heartbeat = f64::from(file.clock.heartbeat_seconds);
    let longest_s = f64::from(file.sessions.max_minutes) * 60.0;
    for (id, mode) in &file.modes.entries {
        let shortest_s = if mode.elimination {
            f64::from(mode.join_window_s)
        } else {
            mode.match_minutes * (1.0 - mode.match_minutes_spread) * 60.0
        };
        let matches = longest_s / shortest_s.max(heartbeat);
        checker.require(matches <= 32_000.0, &format!("modes.{id}"), || {
            format!(
                "modes.{id}: a session of sessions.max_minutes = {} could join {matches:.0} matches, more than 32,000; \
                 make matches longer or sessions shorter",
                file.sessions.max_minutes
            )
        });
    }
}
