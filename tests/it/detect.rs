//! `skirmish detect` on the heartbeats of a run and on input that is not as it should be.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::support::{Run, TempDir, compile, options, simulate};

fn detect(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_skirmish")).arg("detect").args(args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A run with hysteresis and several row groups that overlap in time.
fn run() -> Run {
    let text = "[clock]\ndays = 2\n[population]\nplayers = 2000\nrealms = 3\n[population.installs]\nveteran_share = 0\n\
                horizon_days = 2\n[encounter]\nradius_cm = 700\nexit_radius_cm = 1100\nmerge_gap_s = 60\n\
                [maps.yard]\nextent_x_m = 150\nextent_y_m = 150\n[modes.brawl]\nteam_size = 6\nmatch_minutes = 9\n";
    simulate(&compile(text, &[]), &options(2))
}

#[test]
fn detect_finds_the_encounters_of_a_run_in_its_heartbeats() {
    let (run, folder) = (run(), TempDir::new());
    let heartbeats = run.root.join("tables/heartbeats").to_string_lossy().into_owned();
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let flags =
        ["--id", "session_id", "--radius-cm", "700", "--exit-radius-cm", "1100", "--merge-gap-s", "60", "--json"];
    let output = detect(&[&[heartbeats.as_str(), "--out", &out], &flags[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let found = crate::support::read_table(&folder.path().join("out/tables/encounters"));
    let expected = run.table("encounters");
    let columns = [
        "started_at",
        "ended_at",
        "contact_beats",
        "near_beats",
        "min_distance_cm",
        "min_distance_at",
        "x_cm",
        "y_cm",
        "z_cm",
    ];
    let rows = |table: &crate::support::Table, pair: [&str; 3]| {
        let names: Vec<&str> = pair.into_iter().chain(columns).collect();
        let mut rows: Vec<Vec<i64>> =
            (0..table.len()).map(|row| names.iter().map(|name| table.numbers(name)[row]).collect()).collect();
        rows.sort_unstable();
        rows
    };
    let (found, expected) =
        (rows(&found, ["group_id", "player_a", "player_b"]), rows(&expected, ["match_id", "session_a", "session_b"]));
    assert!(found.len() > 3_000);
    assert!(found == expected, "{} found, {} expected", found.len(), expected.len());
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["encounters"], found.len());
    assert_eq!(summary["rows"], run.table("heartbeats").len());
}

/// Writes columns id, t, x, y of one row group each.
fn write(path: &Path, groups: &[&[(i64, i64, f64, f64)]]) {
    write_with(path, groups, None);
}

fn write_with(path: &Path, groups: &[&[(i64, i64, f64, f64)]], properties: Option<WriterProperties>) {
    let batch = |rows: &[(i64, i64, f64, f64)]| {
        let int = |value: fn(&(i64, i64, f64, f64)) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(rows.iter().map(value)))
        };
        let float = |value: fn(&(i64, i64, f64, f64)) -> f64| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(rows.iter().map(value)))
        };
        RecordBatch::try_from_iter([
            ("id", int(|r| r.0)),
            ("t", int(|r| r.1)),
            ("x", float(|r| r.2)),
            ("y", float(|r| r.3)),
        ])
        .unwrap()
    };
    let first = batch(groups[0]);
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), first.schema(), properties).unwrap();
    for rows in groups {
        writer.write(&batch(rows)).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
}

fn detect_plane(folder: &TempDir, more: &[&str]) -> Output {
    let input = folder.path().join("in.parquet").to_string_lossy().into_owned();
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let flags = ["--x", "x", "--y", "y", "--z", "none", "--group", "none", "--time", "t", "--id", "id", "--unit", "m"];
    detect(&[&[input.as_str(), "--out", &out, "--overwrite", "--time-unit", "s", "--json"], &flags[..], more].concat())
}

#[test]
fn floats_in_metres_are_rounded_to_the_grid_and_integers_are_times() {
    let folder = TempDir::new();
    // 10.004 m and 10.006 m: on a grid of 1 cm the first is on the radius, the second beyond it.
    write(
        &folder.path().join("in.parquet"),
        &[
            &[(2, 100, 10.004, 0.0), (1, 100, 0.0, 0.0), (3, 100, 0.0, 10.006)],
            &[(1, 105, 0.0, 0.0), (2, 105, 3.0, 4.0)],
        ],
    );
    let output = detect_plane(&folder, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let contacts = crate::support::read_table(&folder.path().join("out/tables/contacts"));
    assert_eq!(contacts.numbers("event_ts"), [100_000, 105_000]);
    assert_eq!((contacts.numbers("player_a"), contacts.numbers("player_b")), (&[1, 1][..], &[2, 2][..]));
    assert_eq!(contacts.numbers("distance_cm"), [1000, 500]);
    let encounters = crate::support::read_table(&folder.path().join("out/tables/encounters"));
    assert_eq!(
        (encounters.numbers("contact_beats"), encounters.numbers("min_distance_at")),
        (&[2][..], &[105_000][..])
    );
    assert_eq!((encounters.numbers("x_cm"), encounters.numbers("y_cm")), (&[150][..], &[200][..]));
}

#[test]
fn whole_seconds_may_span_any_time() {
    let folder = TempDir::new();
    let (old, late) = (-9_000_000_000, 253_402_300_799);
    let at = |t: i64| [(1, t, 0.0, 0.0), (2, t, 3.0, 0.0)];
    let rows = [at(old), at(old + 180), at(0), at(late - 181), at(late)].concat();
    write(&folder.path().join("in.parquet"), &[&rows]);
    let output = detect_plane(&folder, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let encounters = crate::support::read_table(&folder.path().join("out/tables/encounters"));
    let starts = [old, 0, late - 181, late].map(|s| 1000 * s);
    assert_eq!(encounters.numbers("started_at"), starts);
    assert_eq!(encounters.numbers("ended_at"), [(old + 180) * 1000, starts[1], starts[2], starts[3]]);
    assert_eq!(encounters.texts("end_reason"), ["separated", "separated", "separated", "run_end"]);
    let contacts = crate::support::read_table(&folder.path().join("out/tables/contacts"));
    assert_eq!((contacts.len(), contacts.numbers("event_ts")[4]), (5, late * 1000));
}

#[test]
fn radii_beyond_the_limit_are_computed_in_steps_of_the_grid() {
    let folder = TempDir::new();
    // 500 m is the radius; on a grid of a metre 500.4 m counts as 500 m, and 500.6 m as 501 m.
    let rows = [(1, 100, 0.0, 0.0), (2, 100, 500.4, 0.0), (3, 100, -300.0, -400.0), (4, 100, 0.0, 500.6)];
    write(&folder.path().join("in.parquet"), &[&rows]);
    let output = detect_plane(&folder, &["--radius-cm", "50000", "--grid-cm", "100"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let contacts = crate::support::read_table(&folder.path().join("out/tables/contacts"));
    assert_eq!((contacts.numbers("player_a"), contacts.numbers("player_b")), (&[1, 1][..], &[2, 3][..]));
    assert_eq!(contacts.numbers("distance_cm"), [50_000, 50_000]);
    let encounters = crate::support::read_table(&folder.path().join("out/tables/encounters"));
    assert_eq!(encounters.numbers("x_cm"), [25_000, -15_000]);
    let refused = |flags: [&str; 4]| {
        let output = detect_plane(&folder, &flags);
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    };
    assert!(refused(["--radius-cm", "50050", "--grid-cm", "100"]).contains("multiples of --grid-cm 100"));
    assert!(refused(["--radius-cm", "50000", "--grid-cm", "1"]).contains("use a grid of at least 2"));
}

#[test]
fn folders_patterns_and_files_without_statistics_are_read() {
    let folder = TempDir::new();
    let days = folder.path().join("days");
    for day in 0..3 {
        let nested = days.join(format!("day={day}"));
        std::fs::create_dir_all(&nested).unwrap();
        let rows: Vec<_> = (0..40).map(|n| (n % 4, day * 1_000 + n / 4, (n % 4) as f64, 0.0)).collect();
        let properties = WriterProperties::builder().set_statistics_enabled(EnabledStatistics::None).build();
        write_with(&nested.join("part.parquet"), &[&rows], Some(properties));
        std::fs::write(nested.join("_SUCCESS"), "").unwrap();
    }
    let pattern = days.join("*/part.parquet").to_string_lossy().into_owned();
    let files: Vec<String> = (0..3).rev().map(|day| format!("{}/day={day}/part.parquet", days.display())).collect();
    let folder_name = days.to_string_lossy().into_owned();
    let flags = ["--x", "x", "--y", "y", "--z", "none", "--group", "none", "--time", "t", "--id", "id", "--unit", "m"];
    let inputs = [vec![pattern.as_str()], vec![folder_name.as_str()], files.iter().map(String::as_str).collect()];
    let found = inputs.map(|inputs| {
        let out = folder.path().join("out").to_string_lossy().into_owned();
        let more = ["--out", &out, "--overwrite", "--time-unit", "s", "--radius-cm", "250", "--json"];
        let output = detect(&[&inputs[..], &flags, &more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&summary["files"], &summary["rows"], &summary["times"]), (&3.into(), &120.into(), &30.into()));
        let contacts = crate::support::read_table(&folder.path().join("out/tables/contacts"));
        (contacts.numbers("event_ts").to_vec(), contacts.numbers("player_b").to_vec())
    });
    // Of four in a row one metre apart, five of six pairs are within 2.5 m.
    assert_eq!(found[0].0.len(), 30 * 5);
    assert!(found[0] == found[1] && found[1] == found[2]);
}

#[test]
fn wrong_input_is_told_with_its_place_and_a_remedy() {
    let folder = TempDir::new();
    let input = folder.path().join("in.parquet");
    let good = (1, 100, 0.0, 0.0);
    for (rows, more, message) in [
        (vec![good, (2, 100, f64::NAN, 0.0)], vec![], "NaN in column \"x\" in row 1 of row group 0"),
        (vec![good, (2, 100, 0.0, 3e7)], vec![], "30000000, out of range, in column \"y\" in row 1"),
        (vec![good, good], vec![], "player 1 has two rows at time 100000"),
        (vec![good], vec!["--x", "east"], "no column \"east\" for --x; name one with --x; it has id, t, x, y"),
        (vec![good], vec!["--z", "up"], "name one with --z (none for a plane)"),
        (vec![good], vec!["--time", "x"], "column \"x\" of --time has type Float64; expected timestamps or integers"),
    ] {
        write(&input, &[&rows]);
        let output = detect_plane(&folder, &more);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains(message), "{message}: {}", stderr(&output));
        assert!(!folder.path().join("out/tables/contacts").exists(), "nothing half-written");
    }
    let unused = folder.path().join("unused");
    assert_eq!(detect(&["nowhere/*.parquet", "--out", &unused.to_string_lossy()]).status.code(), Some(3));
    assert!(!unused.exists());
    write(&input, &[&[good]]);
    assert_eq!(detect_plane(&folder, &["--exit-radius-cm", "10"]).status.code(), Some(2));
    std::fs::write(&input, "not Parquet").unwrap();
    assert!(stderr(&detect_plane(&folder, &[])).contains("not a readable Parquet file"));
}

/// Input of a few columns that are not those of `write`.
fn write_columns(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn types_that_would_lose_something_are_refused() {
    use arrow_array::{Decimal128Array, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array};
    let folder = TempDir::new();
    let input = folder.path().join("in.parquet");
    let zeros = || -> ArrayRef { Arc::new(Int64Array::from(vec![0, 0])) };
    let ids = || -> ArrayRef { Arc::new(Int64Array::from(vec![1, 2])) };
    let refused = |more: &[&str]| {
        let output = detect_plane(&folder, more);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        stderr(&output)
    };
    let micros: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1_000, 1_500]));
    write_columns(&input, vec![("id", ids()), ("t", micros), ("x", zeros()), ("y", zeros())]);
    assert!(refused(&[]).contains("a time between two milliseconds in column \"t\" in row 1"), "{}", refused(&[]));
    let huge: ArrayRef = Arc::new(UInt64Array::from(vec![1, u64::MAX]));
    write_columns(&input, vec![("id", huge), ("t", zeros()), ("x", zeros()), ("y", zeros())]);
    assert!(refused(&[]).contains("18446744073709551615, beyond"), "{}", refused(&[]));
    let decimal: ArrayRef = Arc::new(Decimal128Array::from(vec![15, 25]).with_precision_and_scale(3, 1).unwrap());
    write_columns(&input, vec![("id", ids()), ("t", zeros()), ("x", decimal), ("y", zeros())]);
    assert!(refused(&[]).contains("expected integers, FLOAT or DOUBLE: cast it"), "{}", refused(&[]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    write_columns(
        &folder.path().join("other.parquet"),
        vec![("id", text), ("t", zeros()), ("x", zeros()), ("y", zeros())],
    );
    write_columns(&input, vec![("id", ids()), ("t", zeros()), ("x", zeros()), ("y", zeros())]);
    let other = folder.path().join("other.parquet").to_string_lossy().into_owned();
    assert!(refused(&[&other]).contains("of --id is text, but in"), "{}", refused(&[&other]));
    // Unsigned times beyond 2^31 are times like others.
    let late: ArrayRef = Arc::new(UInt32Array::from(vec![100, 3_000_000_000]));
    write_columns(&input, vec![("id", ids()), ("t", late), ("x", zeros()), ("y", zeros())]);
    assert!(detect_plane(&folder, &["--time-unit", "ms"]).status.success());
}

#[test]
fn nothing_but_an_earlier_detection_is_ever_replaced() {
    let (run, folder) = (run(), TempDir::new());
    let root = run.root.to_string_lossy().into_owned();
    let heartbeats = run.root.join("tables/heartbeats").to_string_lossy().into_owned();
    let before = crate::support::files_below(&run.root);
    let output = detect(&[&heartbeats, "--out", &root, "--overwrite"]);
    assert!(
        !output.status.success() && stderr(&output).contains("lies inside the output folder"),
        "{}",
        stderr(&output)
    );
    write(&folder.path().join("in.parquet"), &[&[(1, 100, 0.0, 0.0), (2, 100, 1.0, 0.0)]]);
    let input = folder.path().join("in.parquet").to_string_lossy().into_owned();
    let flags = ["--x", "x", "--y", "y", "--z", "none", "--group", "none", "--time", "t", "--id", "id"];
    let output = detect(&[&[input.as_str(), "--out", &root, "--overwrite"], &flags[..]].concat());
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert_eq!(crate::support::files_below(&run.root), before);
    // A detection beside its input is passed over when it is done again, and survives one that fails.
    let here = folder.path().to_string_lossy().into_owned();
    let out = folder.path().join("found").to_string_lossy().into_owned();
    let again = |more: &[&str]| detect(&[&[here.as_str(), "--out", &out], &flags[..], more].concat());
    assert!(again(&[]).status.success());
    assert!(stderr(&again(&[])).contains("already holds a detection"));
    assert!(again(&["--overwrite"]).status.success());
    write(&folder.path().join("in.parquet"), &[&[(1, 100, f64::NAN, 0.0)]]);
    assert_eq!(again(&["--overwrite"]).status.code(), Some(3));
    assert_eq!(crate::support::read_table(&folder.path().join("found/tables/contacts")).len(), 1);
}

#[test]
fn a_file_named_twice_is_read_once_and_folders_match_patterns() {
    let folder = TempDir::new();
    let day = folder.path().join("days/date=1");
    std::fs::create_dir_all(&day).unwrap();
    write(&day.join("in.parquet"), &[&[(1, 100, 0.0, 0.0), (2, 100, 1.0, 0.0)]]);
    let [pattern, file, out] = ["days/date=*", "days/date=1/in.parquet", "out"]
        .map(|path| folder.path().join(path).to_string_lossy().into_owned());
    let flags = ["--x", "x", "--y", "y", "--z", "none", "--group", "none", "--time", "t", "--id", "id", "--json"];
    let output = detect(&[&[pattern.as_str(), &file, &file, "--out", &out], &flags[..]].concat());
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it succeeds");
    assert_eq!((&summary["files"], &summary["rows"]), (&1.into(), &2.into()));
}

#[test]
fn a_crowd_beyond_memory_is_refused_before_it_fills_it() {
    let folder = TempDir::new();
    let rows: Vec<_> = (0..3_000).map(|id| (id, 100, 0.0, 0.0)).collect();
    write(&folder.path().join("in.parquet"), &[&rows]);
    let output = detect_plane(&folder, &["--memory-mb", "16"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("4498500 pairs in reach at time 100000"), "{}", stderr(&output));
}

#[test]
fn groups_that_are_not_seen_again_end_like_those_that_are() {
    let folder = TempDir::new();
    let zone = |groups: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(groups.to_vec())) };
    let column = |values: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    // A pair of group 1 at 0 s; group 2 goes on for long enough for it to have parted.
    write_columns(
        &folder.path().join("in.parquet"),
        vec![
            ("id", column(&[1, 2, 3, 3, 3])),
            ("t", column(&[0, 0, 0, 100, 200])),
            ("x", column(&[0; 5])),
            ("y", column(&[0; 5])),
            ("zone", zone(&[1, 1, 2, 2, 2])),
        ],
    );
    let output = detect_plane(&folder, &["--group", "zone"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let encounters = crate::support::read_table(&folder.path().join("out/tables/encounters"));
    assert_eq!(encounters.texts("end_reason"), ["separated"]);
}

#[test]
fn unsorted_input_beyond_memory_is_refused_and_sorted_input_streams() {
    let folder = TempDir::new();
    let rows = |times: &mut dyn Iterator<Item = i64>| -> Vec<(i64, i64, f64, f64)> {
        times.map(|t| (t % 50, t / 50, (t % 97) as f64, (t % 89) as f64)).collect()
    };
    let sorted: Vec<Vec<_>> = (0..8).map(|n| rows(&mut (n * 20_000..(n + 1) * 20_000))).collect();
    let shuffled: Vec<Vec<_>> = (0..8).map(|n| rows(&mut (0..20_000).map(|t| t * 8 + n))).collect();
    let groups = |rows: &[Vec<(i64, i64, f64, f64)>]| -> serde_json::Value {
        write(&folder.path().join("in.parquet"), &rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let output = detect_plane(&folder, &["--memory-mb", "2"]);
        if output.status.success() {
            serde_json::from_slice(&output.stdout).unwrap()
        } else {
            assert_eq!(output.status.code(), Some(3));
            stderr(&output).into()
        }
    };
    assert_eq!(groups(&sorted)["rows"], 160_000);
    let refused = groups(&shuffled);
    assert!(refused.as_str().is_some_and(|message| message.contains("--memory-mb 2")), "{refused}");
}
