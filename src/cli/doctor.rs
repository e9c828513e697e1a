//! `skirmish doctor`: which GPUs there are, whether they agree with the CPU, and what `--backend auto` would choose.

use std::path::Path;

use serde_json::json;

use super::args::DoctorArgs;
use super::failure::Failure;
use super::screen::{print, print_json};

use crate::encounter::gpu::{self, AdapterReport, GpuDetector};
use crate::encounter::probe;
use crate::report::{grouped, size};
use crate::run::{Engine, RunOptions};
use crate::scenario::Scenario;
use crate::setting::Setting;

/// Looks at the machine.
pub fn doctor(args: &DoctorArgs) -> Result<(), Failure> {
    let scenario = match &args.scenario {
        Some(path) => Scenario::load(path, &[])?,
        None => Scenario::parse("built-in", "built-in", "", &[])?,
    };
    let setting = Setting::new(scenario);
    let adapters = gpu::list_adapters();
    let test = GpuDetector::open().and_then(|mut detector| self_test(&mut detector));
    let choice =
        Engine::choose(&RunOptions::default(), &setting).map_or_else(|error| error, |engine| engine.describe());
    if args.json {
        let value = json!({
            "adapters": adapters.iter().map(adapter_value).collect::<Vec<_>>(),
            "self_test": match &test { Ok(text) => json!({"passed": true, "detail": text}),
                                       Err(text) => json!({"passed": false, "detail": text}) },
            "auto": choice,
            "cores": std::thread::available_parallelism().map_or(1, usize::from),
        });
        print_json(&value)?;
    } else {
        print(&page(&adapters, &test, &choice, &setting, args.scenario.as_deref()))?;
    }
    match test {
        Err(error) if !adapters.is_empty() => {
            Err(Failure::Verification(format!("the GPU failed its self-test: {error}; use --backend cpu")))
        }
        _ => Ok(()),
    }
}

/// Detects small, large and crowded matches on both; anything but equality is a failure.
fn self_test(detector: &mut GpuDetector) -> Result<String, String> {
    let mut pairs = 0;
    for (players, match_size, extent_cm) in [(6_400, 64, 40_000), (5_000, 5_000, 100_000), (999, 333, 5_000)] {
        let frame = probe::uniform_frame(7, players, match_size, extent_cm);
        probe::race(&frame, 1000, detector)?;
        pairs += frame.len();
    }
    let frame = probe::uniform_frame(8, 200_000, 64, 40_000);
    let race = probe::race(&frame, 1000, detector)?;
    Ok(format!("equal to the CPU on {} positions; {race}", pairs + frame.len()))
}

fn adapter_value(adapter: &AdapterReport) -> serde_json::Value {
    json!({
        "name": adapter.name, "kind": adapter.kind, "backend": adapter.backend, "driver": adapter.driver,
        "max_binding_bytes": adapter.max_binding_bytes, "max_buffer_bytes": adapter.max_buffer_bytes,
        "max_workgroups_per_dimension": adapter.max_groups,
    })
}

fn page(
    adapters: &[AdapterReport],
    test: &Result<String, String>,
    choice: &str,
    setting: &Setting,
    path: Option<&Path>,
) -> String {
    let mut out = String::new();
    if adapters.is_empty() {
        out.push_str("No GPU adapter was found. Skirmish runs on the CPU; nothing is missing.\n");
        out.push_str("A software one for tests: apt-get install mesa-vulkan-drivers\n");
    }
    for adapter in adapters {
        out.push_str(&format!("{} ({}, {}, {})\n", adapter.name, adapter.kind, adapter.backend, adapter.driver));
        out.push_str(&format!(
            "  storage binding up to {}, buffer up to {}, {} workgroups a dimension\n",
            size(adapter.max_binding_bytes),
            size(adapter.max_buffer_bytes),
            adapter.max_groups
        ));
    }
    if !adapters.is_empty() {
        let (verdict, detail) = match test {
            Ok(detail) => ("passed", detail),
            Err(detail) => ("FAILED", detail),
        };
        out.push_str(&format!("self-test {verdict}: {detail}\n"));
    }
    let name = path.map_or_else(|| "the built-in scenario".into(), |path| path.display().to_string());
    let online = grouped(setting.size.expected_online as u64);
    out.push_str(&format!("--backend auto on {name} (about {online} online): {choice}\n"));
    out
}
