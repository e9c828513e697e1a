//! Committing: one thread publishes finished files a day at a time, once every shard has finished its own.
//!
//! Files are staged, closed and synced (which waits for the disk, so a few threads do it beside the workers) before they
//! are renamed into a table folder, so a reader never sees part of one. All that the committer does is to rename them, to sync their folders and to say which days are whole: nothing of it grows with
//! the rows of a day.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::error::OutputError;
use super::shards::ShardDay;
use super::store::{FinishedFile, Store};
use super::table_file::{TableFile, TableTotal};
use crate::setting::Span;
use crate::table::Aggregate;

/// A day whose files are all where readers look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeDay {
    /// Simulated day.
    pub day: u32,
    /// Rows by table.
    pub rows: BTreeMap<&'static str, u64>,
}

/// Told of all whole days, each time that one is added.
pub type WholeDays = Box<dyn FnMut(&[WholeDay]) -> Result<(), OutputError> + Send>;

/// What the committer has to tell at the end.
#[derive(Debug, Default)]
pub struct Committed {
    /// The days that are whole, with what their files hold.
    pub whole_days: Vec<WholeDay>,
    /// Totals by table.
    pub tables: BTreeMap<&'static str, TableTotal>,
    /// Sums by day; the last entry belongs to the end of the run.
    pub days: Vec<Aggregate>,
    /// Time spent on all of it: what no thread can do beside another.
    pub time: Duration,
}

/// A day of a shard that has been synced, or why it has not.
pub type SyncedDay = Result<ShardDay<FinishedFile>, OutputError>;

/// Syncs days of shards as they come, until there are no more or the committer is gone; returns how long that took.
pub fn sync_days(closed: &Receiver<ShardDay<TableFile>>, synced: &Sender<SyncedDay>) -> Duration {
    let mut time = Duration::ZERO;
    while let Ok(day) = closed.recv() {
        let started = Instant::now();
        let day = day.sync();
        time += started.elapsed();
        if synced.send(day).is_err() {
            break;
        }
    }
    time
}

/// A day of which some shards have not come yet.
#[derive(Default)]
struct OpenDay {
    shards: usize,
    files: Vec<FinishedFile>,
    rows: BTreeMap<&'static str, u64>,
    sums: Aggregate,
}

/// The committer of a run.
pub struct Committer {
    span: Span,
    regions: usize,
    store: Option<Store>,
    open: BTreeMap<u32, OpenDay>,
    committed: Committed,
    whole_days: WholeDays,
}

impl Committer {
    /// A committer of a span in a world of some regions that publishes in a store, or nowhere, and tells of whole days.
    pub fn new(span: Span, regions: usize, store: Option<Store>, whole_days: WholeDays) -> Self {
        Self { span, regions, store, open: BTreeMap::new(), committed: Committed::default(), whole_days }
    }

    /// Takes days of shards that have been synced until all of the span have come or `stop` is set.
    ///
    /// # Errors
    /// When files cannot be synced or published, or when the workers stop early ([`OutputError::Stopped`]); published days
    /// stay.
    pub fn run(mut self, synced: &Receiver<SyncedDay>, stop: &AtomicBool) -> Result<Committed, OutputError> {
        let shards = self.span.shards().count();
        // One day more for what ends with the run.
        let mut next = self.span.days.start;
        let mut left = if self.span.first().is_some() { shards * (self.span.days.len() + 1) } else { 0 };
        while left > 0 {
            let shard_day = receive(synced, stop)?;
            let started = Instant::now();
            left -= 1;
            self.take(shard_day);
            // Those who sync overtake one another; a day is published when all before it are, and what ends with the run last.
            while self.open.get(&next).is_some_and(|open| open.shards == shards) {
                let whole = self.open.remove(&next).unwrap_or_default();
                self.publish(next, whole)?;
                next += 1;
            }
            self.committed.time += started.elapsed();
        }
        Ok(self.committed)
    }

    fn take(&mut self, ShardDay { day, files, tables, sums }: ShardDay<FinishedFile>) {
        let open = self.open.entry(day).or_default();
        open.shards += 1;
        open.files.extend(files);
        open.sums.merge(&sums);
        for (table, total) in tables {
            *open.rows.entry(table).or_default() += total.rows;
            self.committed.tables.entry(table).or_default().add(total);
        }
    }

    fn publish(&mut self, day: u32, OpenDay { files, rows, mut sums, .. }: OpenDay) -> Result<(), OutputError> {
        sums.close_day(self.regions);
        let days = &mut self.committed.days;
        days.resize_with(days.len().max(day as usize + 1), Aggregate::default);
        days[day as usize] = sums;
        let Some(store) = &self.store else { return Ok(()) };
        store.publish(files)?;
        if !self.span.is_closing(day) {
            let (date, written): (_, u64) = (self.span.date(day), rows.values().sum());
            tracing::info!(%date, rows = written, "day published");
            self.committed.whole_days.push(WholeDay { day, rows });
            (self.whole_days)(&self.committed.whole_days)?;
        }
        Ok(())
    }
}

/// The next day of a shard, unless the run is stopped: workers keep the channel open for as long as the run lasts.
fn receive(synced: &Receiver<SyncedDay>, stop: &AtomicBool) -> SyncedDay {
    loop {
        match synced.recv_timeout(Duration::from_millis(50)) {
            Ok(day) => return day,
            Err(RecvTimeoutError::Timeout) if !stop.load(Ordering::Relaxed) => {}
            Err(_) => return Err(OutputError::Stopped),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use crossbeam_channel::bounded;

    use super::*;
    use crate::output::grammar::FileName;
    use crate::scenario::Scenario;
    use crate::setting::{Leg, Setting};
    use crate::table::{Row, SessionEndRow};

    /// A day of a shard with an empty file of sessions, synced.
    fn shard_day(setting: &Setting, store: &Store, span: &Span, leg: Leg) -> SyncedDay {
        let (table, encoders) = (SessionEndRow::TABLE.name, crate::output::Encoders::new(setting));
        let name = FileName::of_leg(table, span, leg);
        let mut file = TableFile::create(store, &name, encoders.of(table).expect("written"))?;
        file.close()?;
        let tables = BTreeMap::from([(table, TableTotal { rows: 1, bytes: 1, files: 1 })]);
        ShardDay { day: leg.day, files: vec![file], tables, sums: Aggregate::default() }.sync()
    }

    #[test]
    fn days_are_published_in_order_however_their_shards_come() {
        let sets = ["clock.days=2", "population.realms=2", "output.shards=2"].map(str::to_owned);
        let setting = Setting::new(Scenario::parse("t", "t", "", &sets).expect("valid"));
        let (span, root) =
            (setting.span(), std::env::temp_dir().join(format!("skirmish-commit-{}", std::process::id())));
        let store = Store::for_run(&root, true).expect("a folder");
        let said: Arc<Mutex<Vec<Vec<u32>>>> = Arc::default();
        let (tell, folder) = (Arc::clone(&said), root.join("tables/session_ends"));
        let whole_days: WholeDays = Box::new(move |days| {
            // Nothing of a later day is there yet.
            let published = std::fs::read_dir(&folder).map_or(0, Iterator::count);
            assert_eq!(published, days.len(), "{days:?}");
            tell.lock().expect("one thread").push(days.iter().map(|day| day.day).collect());
            Ok(())
        });
        let (sender, receiver) = bounded(6);
        for (day, realm) in [(1, 1), (2, 0), (1, 0), (2, 1), (0, 1), (0, 0)] {
            sender.send(shard_day(&setting, &store, &span, Leg { day, realm })).expect("nobody has left");
        }
        let committer = Committer::new(span, setting.regions(), Some(store.clone()), whole_days);
        let committed = committer.run(&receiver, &AtomicBool::new(false)).expect("everything has come");
        assert_eq!(*said.lock().expect("one thread"), [vec![0], vec![0, 1]]);
        assert_eq!(committed.tables["session_ends"], TableTotal { rows: 6, bytes: 6, files: 6 });
        // A shard that does not come is waited for until the run is stopped.
        let committer = Committer::new(setting.span(), setting.regions(), None, Box::new(|_| Ok(())));
        let result = committer.run(&receiver, &AtomicBool::new(true));
        assert!(matches!(result, Err(OutputError::Stopped)), "{result:?}");
        store.delete().expect("nothing of others is there");
    }
}
