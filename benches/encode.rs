//! Rows a second and bytes a row of encoding each fact table, with no simulation: a day of a small world, encoded over
//! and over. Bytes a row are printed once before the timings.

use std::sync::Arc;
use std::sync::OnceLock;

use arrow_array::ArrayRef;
use divan::counter::ItemsCount;
use skirmish::output::encode::Encoder;
use skirmish::output::limit;
use skirmish::output::pages::Codec;
use skirmish::scenario::Scenario;
use skirmish::setting::Setting;

const TABLES: [&str; 7] =
    ["session_ends", "purchases", "heartbeats", "encounters", "kills", "matches", "participations"];

fn main() {
    println!("bytes a row, by column:");
    let mut codec = Codec::default();
    for table in TABLES {
        let (encoder, columns) = sample(table);
        let group = encoder.encode(columns, &mut codec).expect("encodes");
        let rows = group.rows as f64;
        let by_column = encoder.table.columns.iter().zip(&group.column_bytes);
        let by_column: Vec<String> =
            by_column.map(|(column, bytes)| format!("{} {:.2}", column.name, *bytes as f64 / rows)).collect();
        println!("  {table}: {:.2} = {}", group.bytes as f64 / rows, by_column.join(", "));
    }
    divan::main();
}

/// A day of one realm with about 300 players online.
fn sample(table: &str) -> &'static (Encoder, Vec<ArrayRef>) {
    static SAMPLES: OnceLock<Vec<(Encoder, Vec<ArrayRef>)>> = OnceLock::new();
    let samples = SAMPLES.get_or_init(|| {
        let sets = ["population.players=10000", "population.installs.veteran_share=0", "population.realms=1"];
        let sets = sets.map(str::to_owned);
        let setting = Arc::new(Setting::new(Scenario::parse("bench", "bench", "", &sets).expect("valid")));
        limit::sample_tables(&setting)
    });
    samples.iter().find(|(encoder, _)| encoder.table.name == table).expect("every table has rows")
}

#[divan::bench(args = TABLES, sample_count = 20)]
fn encode(bencher: divan::Bencher<'_, '_>, table: &str) {
    let (encoder, columns) = sample(table);
    let mut codec = Codec::default();
    let expected = encoder.encode(columns, &mut codec).expect("encodes");
    bencher.counter(ItemsCount::new(expected.rows)).bench_local(|| {
        let group = encoder.encode(columns, &mut codec).expect("encodes");
        assert_eq!((group.rows, group.bytes), (expected.rows, expected.bytes));
    });
}
