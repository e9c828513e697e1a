//! Rows a second and bytes a row of encoding each fact table, with no simulation: a day of a small world, encoded over
//! and over. Bytes a row are printed once before the timings.

use std::sync::{Arc, OnceLock};

use arrow_array::ArrayRef;
use divan::counter::ItemsCount;
use skirmish::output::Encoders;
use skirmish::parquet::{Codec, RowGroup};
use skirmish::run::limit;
use skirmish::scenario::Scenario;
use skirmish::setting::Setting;
use skirmish::table;

const TABLES: [&str; 7] =
    ["session_ends", "purchases", "heartbeats", "encounters", "kills", "matches", "participations"];

fn main() {
    println!("bytes a row, by column:");
    for name in TABLES {
        let group = sample().encode(name, &mut Codec::default());
        let rows = group.rows as f64;
        let table = table::all().into_iter().find(|table| table.name == name).expect("it is in the registry");
        let by_column = table.columns.iter().zip(&group.column_bytes);
        let by_column: Vec<String> =
            by_column.map(|(column, bytes)| format!("{} {:.2}", column.name, *bytes as f64 / rows)).collect();
        println!("  {name}: {:.2} = {}", group.bytes as f64 / rows, by_column.join(", "));
    }
    divan::main();
}

/// A day of one realm with about 300 players online.
struct Sample {
    encoders: Encoders,
    tables: Vec<(&'static str, Vec<ArrayRef>)>,
}

impl Sample {
    fn encode(&self, name: &str, codec: &mut Codec) -> RowGroup {
        let (_, columns) = self.tables.iter().find(|(table, _)| *table == name).expect("every table has rows");
        let encoder = self.encoders.of(name).expect("every table is written");
        encoder.encode(columns, codec).expect("arrays fit their schema")
    }
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let sets = ["population.players=10000", "population.installs.veteran_share=0", "population.realms=1"];
        let sets = sets.map(str::to_owned);
        let setting = Arc::new(Setting::new(Scenario::parse("bench", "bench", "", &sets).expect("valid")));
        Sample { encoders: Encoders::new(&setting), tables: limit::sample_tables(&setting) }
    })
}

#[divan::bench(args = TABLES, sample_count = 20)]
fn encode(bencher: divan::Bencher<'_, '_>, table: &str) {
    let (sample, mut codec) = (sample(), Codec::default());
    let expected = sample.encode(table, &mut codec);
    bencher.counter(ItemsCount::new(expected.rows)).bench_local(|| {
        let group = sample.encode(table, &mut codec);
        assert_eq!((group.rows, group.bytes), (expected.rows, expected.bytes));
    });
}
