//! Who pays, when first, and what a sale does, read from whole runs.

use std::collections::{HashMap, HashSet};

use crate::support::{Run, compile, options, simulate};

/// Ten days of a shop with two items; a fifth of the accounts are new.
const WORLD: &str = "seed = 9\n[clock]\nstart = \"2026-03-02\"\ndays = 10\n[population]\nplayers = 8000\nrealms = 1\n\
                     [population.installs]\nveteran_share = 0.8\nveteran_days = 20\nhorizon_days = 10\n[combat]\n\
                     enabled = false\n[clusters.all]\nsession_chance = 0.2\nagain_chance = 0\n[archetypes.any]\n\
                     spenders.all = { share = 0.5 }\n[items.small]\nprice_usd_cents = 199\n[items.large]\nprice_usd_cents = 999\n";
const SALE: &str = "[sales.spring]\nstart = \"2026-03-05\"\ndays = 3\ndiscount = 0.3\ndemand = 2.0\n";
const DAY_MS: i64 = 86_400_000;

/// Day of the run, player, item, US cents and number of every purchase.
fn purchases(run: &Run) -> Vec<[i64; 5]> {
    let table = run.table("purchases");
    let first = table.numbers("event_ts").iter().min().copied().unwrap_or(0) / DAY_MS;
    let of = |column: &str, row: usize| table.numbers(column)[row];
    let row = |row| {
        let day = of("event_ts", row) / DAY_MS - first;
        [day, of("player_id", row), of("item_id", row), of("price_usd_cents", row), of("purchase_id", row)]
    };
    (0..table.len()).map(row).collect()
}

#[test]
fn a_sale_lowers_prices_and_raises_repeats_by_what_the_scenario_says() {
    let with_sale = format!("{WORLD}{SALE}");
    let [plain, sale] =
        [WORLD, &with_sale].map(|world| simulate(&compile(world, &["payers.first_purchase_days=1"]), &options(2)));
    let listed: HashMap<i64, i64> = {
        let items = plain.table("items");
        items.numbers("item_id").iter().copied().zip(items.numbers("price_usd_cents").iter().copied()).collect()
    };
    let installed = |run: &Run| -> HashSet<i64> {
        let players = run.table("players");
        let is_new = |row: &usize| players.numbers("installed_on")[*row] >= 20_514;
        (0..players.len()).filter(is_new).map(|row| players.numbers("player_id")[row]).collect()
    };
    let new = installed(&sale);
    assert!((1000..2000).contains(&new.len()), "{}", new.len());
    let (without, with) = (purchases(&plain), purchases(&sale));
    let is_on = |day: i64| (3..6).contains(&day);
    for [day, _, item, cents, _] in &with {
        let factor = if is_on(*day) { 0.7 } else { 1.0 };
        assert_eq!(*cents, (listed[item] as f64 * factor).round() as i64, "on day {day}");
    }
    let before = |rows: &[[i64; 5]]| rows.iter().filter(|row| row[0] < 3).copied().collect::<Vec<_>>();
    assert_eq!(before(&without), before(&with), "before it begins nothing differs");
    let veterans = |rows: &[[i64; 5]]| rows.iter().filter(|row| is_on(row[0]) && !new.contains(&row[1])).count() as f64;
    let ratio = veterans(&with) / veterans(&without);
    assert!((1.8..2.2).contains(&ratio), "{ratio} times as many");
    let table = sale.table("sales");
    let row = ["starts_on", "ends_on", "discount_ppm", "demand_ppm"].map(|column| table.numbers(column)[0]);
    assert_eq!(row, [20_517, 20_519, 300_000, 2_000_000]);
}

#[test]
fn newcomers_first_pay_at_an_age_of_their_own_whenever_a_sale_is() {
    let with_sale = format!("{WORLD}{SALE}");
    let firsts = [WORLD, &with_sale].map(|world| {
        let run = simulate(&compile(world, &["population.installs.veteran_share=0"]), &options(2));
        let mut first: HashMap<i64, i64> = HashMap::new();
        for [day, player, ..] in purchases(&run) {
            let known = first.entry(player).or_insert(day);
            *known = day.min(*known);
        }
        first
    });
    assert_eq!(firsts[0], firsts[1]);
    assert!(firsts[0].len() > 100, "{}", firsts[0].len());
}

#[test]
fn who_pays_follows_device_and_engagement() {
    let sets = [
        "population.players=40000",
        "devices.pc-desktop.payer_factor=0.5",
        "payers.engagement_correlation=0.5",
        "archetypes.any.engagement_spread=0.7",
        "archetypes.any.spenders.all.share=0.1",
    ];
    let run = simulate(&compile(WORLD, &sets), &options(2));
    let (players, truth) = (run.table("players"), run.table("truth_players"));
    let (mut engaged, mut counts) = ([0.0; 2], [0.0; 2]);
    let mut desktop = [0.0; 2];
    for (row, cluster) in truth.texts("cluster").iter().enumerate() {
        let is_payer = usize::from(cluster == "all");
        counts[is_payer] += 1.0;
        engaged[is_payer] += truth.numbers("engagement_milli")[row] as f64 / 1000.0;
        desktop[is_payer] += f64::from(u8::from(players.texts("device")[row] == "pc-desktop"));
    }
    let share: f64 = counts[1] / (counts[0] + counts[1]);
    // The others' factors are 1.003 on average.
    assert!((share / (0.1 * (0.28 * 0.5 + 0.72 * 1.003)) - 1.0).abs() < 0.06, "{share}");
    // The tenth with the largest of a normal number has a mean of 1.75, a part of which is that of engagement.
    let mean = engaged[1] / counts[1];
    assert!((0.45..0.55).contains(&(mean / 0.7 / 1.75)), "{mean}");
    let odds = desktop[1] / (counts[1] - desktop[1]) / (0.28 / 0.72);
    assert!((0.44..0.56).contains(&odds), "{odds}");
}
