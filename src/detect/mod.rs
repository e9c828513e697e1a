//! `skirmish detect`: contacts and encounters of anyone's positions, with the engine that runs use.
//!
//! `column` knows which column is which; `input` reads Parquet row groups in order of time and hands on rows up to a watermark, the earliest time that may
//! still come; here rows of one time become a frame, contacts are found and merged into episodes; `writer` writes them.
//! Memory holds the row groups that overlap in time and the open episodes, whatever the size of the input.

mod column;
mod input;
mod input_error;
mod request;
mod timeline;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;

use crate::encounter::CpuDetector;
use crate::encounter::{Book, EndReason, Episode, EpisodeRules, Sampled, pack};
use crate::encounter::{Contact, Contacts, DetectError, Detector, Frame};
use crate::output::OutputError;
use crate::output::Store;
pub(crate) use column::{Columns, LengthUnit, TimeUnit};
use input::{Position, Source};
pub(crate) use input_error::InputError;
pub(crate) use request::DetectOptions;
use timeline::Timeline;
use writer::{FoundContact, FoundEncounter, Writer};

/// Why detection failed.
#[derive(Debug, thiserror::Error)]
pub enum DetectFailure {
    /// The input is not what was said of it.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The output could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// What was detected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectSummary {
    /// Files read.
    pub files: usize,
    /// Positions read.
    pub rows: u64,
    /// Distinct times.
    pub times: u64,
    /// Distinct players.
    pub players: u64,
    /// Distinct groups.
    pub groups: u64,
    /// Contacts written.
    pub contacts: u64,
    /// Encounters written.
    pub encounters: u64,
}

/// Detects contacts and encounters and writes them into a folder, which is made once the input has been found good.
/// `watch` gets the share of rows that are done; if it answers `false`, detection stops ([`OutputError::Stopped`]).
///
/// # Errors
/// See [`DetectFailure`]; nothing half-written stays in a table folder.
pub fn detect(
    options: &DetectOptions,
    out: &Path,
    overwrite: bool,
    watch: &mut dyn FnMut(f64) -> bool,
) -> Result<DetectSummary, DetectFailure> {
    let source = Source::open(options, out)?;
    let store = Store::for_detection(out, overwrite, &["contacts", "encounters"])?;
    let result = run(options, source, &store, watch);
    store.discard_staging();
    result
}

fn run(
    options: &DetectOptions,
    mut source: Source,
    store: &Store,
    watch: &mut dyn FnMut(f64) -> bool,
) -> Result<DetectSummary, DetectFailure> {
    let timeline = source.timeline(i64::from(options.merge_gap_s) * 1000);
    let mut engine = Merger {
        rules: EpisodeRules {
            radius_cm: options.radius_cm / options.step_cm,
            exit_radius_cm: options.exit_radius_cm / options.step_cm,
            gap_ticks: timeline.gap_ticks(),
        },
        timeline,
        step_cm: options.step_cm as i32,
        memory_bytes: options.memory_bytes,
        ids: Vec::new(),
        detector: CpuDetector::default(),
        frame: Frame::default(),
        contacts: Contacts::default(),
        books: BTreeMap::new(),
        next_number: 0,
        last_sweep: 0,
        last_tick: 0,
        summary: DetectSummary::default(),
    };
    let mut writer = Writer::create(store, source.has_text_groups(), source.has_text_ids(), options.step_cm)?;
    let total = source.total_rows().max(1);
    while let Some(rows) = source.next_span()? {
        for span in rows.chunk_by(|a, b| a.time_ms == b.time_ms) {
            engine.step(span, &source, &mut writer)?;
        }
        if !watch(source.rows_read() as f64 / total as f64) {
            return Err(OutputError::Stopped.into());
        }
    }
    engine.finish(&source, &mut writer)?;
    let mut summary = engine.summary;
    (summary.files, summary.rows) = (source.files(), source.rows_read());
    (summary.players, summary.groups) = (source.ids().len() as u64, source.groups().len().max(1) as u64);
    writer.finish(&source, store)?;
    Ok(summary)
}

struct Merger {
    timeline: Timeline,
    /// In steps.
    rules: EpisodeRules,
    step_cm: i32,
    memory_bytes: usize,
    /// Room for finding a player twice.
    ids: Vec<(u32, u32)>,
    detector: CpuDetector,
    frame: Frame,
    contacts: Contacts,
    /// Open episodes by group.
    books: BTreeMap<u32, Book<Episode>>,
    next_number: i64,
    last_sweep: u32,
    last_tick: u32,
    summary: DetectSummary,
}

impl Merger {
    /// One time: its rows are sorted by group and player.
    fn step(&mut self, rows: &[Position], source: &Source, writer: &mut Writer) -> Result<(), DetectFailure> {
        let time_ms = rows[0].time_ms;
        let tick = self.timeline.advance_to(time_ms)?;
        // Nobody is at two places at once, whatever the groups.
        self.ids.clear();
        self.ids.extend(rows.iter().enumerate().map(|(at, row)| (row.id, at as u32)));
        self.ids.sort_unstable();
        if let Some(pair) = self.ids.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(source.twice(&rows[pair[0].1 as usize]).into());
        }
        self.summary.times += 1;
        self.frame.clear();
        let groups: Vec<&[Position]> = rows.chunk_by(|a, b| a.group == b.group).collect();
        for group in &groups {
            group.iter().for_each(|row| self.frame.push(row.position.map(|cm| cm / self.step_cm)));
            self.frame.end_match();
        }
        let found = self.detector.detect(&self.frame, self.rules.exit_radius_cm, &mut self.contacts);
        let limit_mb = self.memory_bytes >> 20;
        let crowd = |pairs: u64| InputError::Crowd { pairs, time: time_ms, limit_mb };
        found.map_err(|error| match error {
            DetectError::TooMany(pairs) => crowd(pairs),
            // The CPU has no other way to fail.
            DetectError::Gpu(_) | DetectError::Wrong(_) | DetectError::Disagrees { .. } => crowd(0),
        })?;
        // What a pair takes here, in the list of contacts, and twice as an open episode.
        let pair_bytes = 2 * size_of::<Contact>() + 2 * size_of::<Episode>();
        if self.contacts.pairs.len().saturating_mul(pair_bytes) > self.memory_bytes {
            return Err(crowd(self.contacts.pairs.len() as u64).into());
        }
        let within = self.rules.radius_cm * self.rules.radius_cm;
        for (index, group) in groups.iter().enumerate() {
            let contacts = self.contacts.of_match(index);
            for contact in contacts.iter().filter(|contact| contact.d2 <= within) {
                let (a, b) = (&group[contact.a as usize], &group[contact.b as usize]);
                writer.contact(source, FoundContact { time_ms, group: a.group, pair: (a.id, b.id), d2: contact.d2 })?;
                self.summary.contacts += 1;
            }
            if contacts.is_empty() && !self.books.contains_key(&group[0].group) {
                continue;
            }
            let book = self.books.entry(group[0].group).or_default();
            let pair_of = |contact: &Contact| pack(group[contact.a as usize].id, group[contact.b as usize].id);
            let midpoint_of = |contact: Contact| {
                let (a, b) = (group[contact.a as usize].position, group[contact.b as usize].position);
                [0, 1, 2].map(|axis| (i64::from(a[axis]) + i64::from(b[axis])).div_euclid(2) as i32)
            };
            let next_number = &mut self.next_number;
            let mut kind = Sampled { rules: self.rules, tick, midpoint_of, next_number };
            book.advance(&mut kind, contacts.iter().map(|contact| (pair_of(contact), *contact)));
            close(group[0].group, book, &self.timeline, source, writer, &mut self.summary)?;
        }
        self.last_tick = tick;
        self.sweep(source, writer)
    }

    /// Once a merge gap, closes what has ended in groups that are not seen any more.
    fn sweep(&mut self, source: &Source, writer: &mut Writer) -> Result<(), DetectFailure> {
        if self.last_tick - self.last_sweep <= self.rules.gap_ticks {
            return Ok(());
        }
        self.last_sweep = self.last_tick;
        for (group, book) in &mut self.books {
            let next_number = &mut self.next_number;
            let midpoint_of = |_| [0; 3];
            let mut kind = Sampled { rules: self.rules, tick: self.last_tick, midpoint_of, next_number };
            book.advance(&mut kind, None);
            close(*group, book, &self.timeline, source, writer, &mut self.summary)?;
        }
        self.books.retain(|_, book| !book.is_empty());
        Ok(())
    }

    fn finish(&mut self, source: &Source, writer: &mut Writer) -> Result<(), DetectFailure> {
        for (group, book) in &mut self.books {
            let mut rows = Vec::new();
            // Whoever has been apart for longer than the gap parted, whether or not the group was seen since.
            let is_over = |episode: &Episode| self.last_tick - episode.last_tick > self.rules.gap_ticks;
            book.close_all(EndReason::RunEnd, |episode, reason| {
                rows.push((episode, if is_over(&episode) { EndReason::Separated } else { reason }));
            });
            for (episode, reason) in rows {
                writer.encounter(source, FoundEncounter::new(*group, episode, reason, &self.timeline))?;
                self.summary.encounters += 1;
            }
        }
        Ok(())
    }
}

fn close(
    group: u32,
    book: &mut Book<Episode>,
    timeline: &Timeline,
    source: &Source,
    writer: &mut Writer,
    summary: &mut DetectSummary,
) -> Result<(), DetectFailure> {
    let mut rows = Vec::new();
    book.close(None, |episode, reason| rows.push((episode, reason)));
    for (episode, reason) in rows {
        writer.encounter(source, FoundEncounter::new(group, episode, reason, timeline))?;
        summary.encounters += 1;
    }
    Ok(())
}
