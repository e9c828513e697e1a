//! A realm: one closed world and its schedule, stepped tick by tick around detection.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bevy_ecs::prelude::*;

use super::account::{PlayerRecord, Players, ReturnCalendar, Wallets, day_of_return};
use super::aftermath::Suspects;
use super::agenda::Agenda;
use super::game::Match;
use super::journal::{FIRST_ENCOUNTER, Journal};
use super::lobby::Lobby;
use super::meeting::Encounters;
use super::messages;
use super::save::{self, Header, LoadError};
use super::schedule::Schedule;
use super::session::Departing;
use super::swept::SweptEncounters;
use super::teams::TeamEncounters;
use super::tick::{Found, Now, Positions, RealmId, Rules};
use super::trajectory::Trajectories;
use crate::encounter::{Contacts, Frame};
use crate::setting::{Setting, Span};
use crate::table::{DayRows, RowCounts};

/// One closed world.
pub struct Realm {
    /// Number.
    pub id: u32,
    setting: Arc<Setting>,
    world: World,
    schedule: Schedule,
    encounters_seen: i64,
    /// The tick to step next.
    next_tick: u32,
}

impl Realm {
    /// The realm at the start of the run: veterans waiting for their next active day.
    pub fn new(setting: Arc<Setting>, id: u32) -> Self {
        Self::starting(setting, id, 0)
    }

    /// The realm as if the run began on a later day, for measuring a slice of it: everyone who installed before is a
    /// veteran. Nobody is online at first, so that the slice differs a little from the same days of the whole run.
    pub fn starting(setting: Arc<Setting>, id: u32, first_day: u32) -> Self {
        let mut realm = Self::empty(Arc::clone(&setting), id, setting.span().ticks(first_day).start);
        for player_id in setting.installed_before(id, first_day as i32) {
            let nature = setting.population.nature(player_id);
            let day = setting.population.first_active_day_from(&nature, first_day as i32);
            if let Some(day) = day_of_return(day) {
                realm.world.resource_mut::<ReturnCalendar>().enter(day, PlayerRecord::new(player_id));
            }
        }
        realm
    }

    /// A world with nobody in it.
    fn empty(setting: Arc<Setting>, id: u32, next_tick: u32) -> Self {
        let mut world = World::new();
        world.insert_resource(Rules(Arc::clone(&setting)));
        world.insert_resource(RealmId(id));
        world.insert_resource(Trajectories::new(setting.heartbeats_one_in()));
        world.init_resource::<Now>();
        world.init_resource::<ReturnCalendar>();
        world.init_resource::<Players>();
        world.init_resource::<Wallets>();
        world.init_resource::<Agenda>();
        world.init_resource::<Departing>();
        world.init_resource::<Suspects>();
        world.init_resource::<Lobby>();
        world.init_resource::<Positions>();
        world.init_resource::<Found>();
        world.init_resource::<Journal>();
        messages::register(&mut world);
        // What behaviours keep of a match, from its start on.
        world.register_required_components::<Match, Encounters>();
        world.register_required_components::<Match, SweptEncounters>();
        world.register_required_components::<Match, TeamEncounters>();
        let schedule = Schedule::new(&mut world, &setting);
        Self { id, setting, world, schedule, encounters_seen: FIRST_ENCOUNTER, next_tick }
    }

    /// A realm that measures its systems, for benches; see [`Self::system_times`].
    pub fn measured(setting: Arc<Setting>, id: u32) -> Self {
        let mut realm = Self::new(setting, id);
        realm.schedule.before_contacts.measure();
        realm.schedule.after_contacts.measure();
        realm
    }

    /// Every system and its time so far, in the order in which they run; zero unless they are measured.
    pub fn system_times(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        self.schedule.before_contacts.times().chain(self.schedule.after_contacts.times())
    }

    /// Days and realms of the run.
    pub(super) fn span(&self) -> Span {
        self.setting.span()
    }

    /// Distance up to which pairs are looked for.
    pub(super) fn detection_radius_cm(&self) -> u32 {
        self.setting.detection_radius_cm
    }

    /// Steps up to detection; the frame is then in [`Self::positions`]. Ticks must follow one another without a gap.
    pub(super) fn before_contacts(&mut self, tick: u32) {
        assert_eq!(tick, self.next_tick, "realm {} was stepped out of turn", self.id);
        self.next_tick = tick + 1;
        self.world.resource_mut::<Now>().tick = tick;
        self.schedule.before_contacts.run(&mut self.world);
    }

    /// Positions of the tick.
    pub(super) fn positions(&self) -> &Frame {
        &self.world.resource::<Positions>().frame
    }

    /// Takes out the positions and the place for contacts.
    pub(super) fn lend_detection(&mut self) -> (Frame, Contacts) {
        let frame = std::mem::take(&mut self.world.resource_mut::<Positions>().frame);
        let contacts = std::mem::take(&mut self.world.resource_mut::<Found>().0);
        (frame, contacts)
    }

    /// Gives back what [`Self::lend_detection`] took.
    pub(super) fn take_detection(&mut self, frame: Frame, contacts: Contacts) {
        self.world.resource_mut::<Positions>().frame = frame;
        self.world.resource_mut::<Found>().0 = contacts;
    }

    /// Steps on from detection to the end of the tick.
    pub(super) fn after_contacts(&mut self) {
        self.schedule.after_contacts.run(&mut self.world);
        debug_assert!(messages::are_all_read(&self.world), "what is said in a tick is read in it");
        // Who looks for removed components does so within the tick; bevy would keep a note of each for ever.
        self.world.clear_trackers();
    }

    /// Lends the realm memory for its heartbeats; returns what it had.
    pub fn exchange_trajectories(&mut self, trajectories: Trajectories) -> Trajectories {
        std::mem::replace(&mut self.world.resource_mut::<Trajectories>(), trajectories)
    }

    /// Bytes of the accounts that wait for another day, about, with what is known of them.
    pub fn account_bytes(&self) -> usize {
        self.world.resource::<ReturnCalendar>().bytes() + self.world.resource::<Wallets>().bytes()
    }

    /// Starts a window of heartbeats.
    pub fn open_window(&mut self, ticks: Range<u32>) {
        self.world.resource_mut::<Trajectories>().open(ticks);
    }

    /// Heartbeats of the window that is full.
    pub fn trajectories(&mut self) -> &mut Trajectories {
        self.world.resource_mut::<Trajectories>().into_inner()
    }

    /// Rows since the last call.
    pub fn take_rows(&mut self) -> DayRows {
        self.exchange_rows(DayRows::default())
    }

    /// Rows since the last call; gives the realm memory for more.
    pub fn exchange_rows(&mut self, memory: DayRows) -> DayRows {
        self.world.resource_mut::<Journal>().exchange(memory)
    }

    /// Encounters that began since the last call.
    pub fn take_started_encounters(&mut self) -> u64 {
        let started = self.world.resource::<Journal>().next_encounter;
        (started - std::mem::replace(&mut self.encounters_seen, started)) as u64
    }

    /// The tick stepped last, or the first before any was.
    pub fn last_tick(&self) -> u32 {
        self.next_tick.saturating_sub(1)
    }

    /// Sessions online.
    pub fn online(&self) -> usize {
        self.positions().len()
    }

    /// Sessions that wait for a match: between two ticks, those who were eliminated in the last.
    pub fn waiting(&self) -> usize {
        self.world.resource::<Lobby>().arrivals.len()
    }

    /// Ends everything that is still open after the last tick.
    pub fn close(&mut self) {
        self.world.resource_mut::<Now>().tick = self.next_tick;
        self.schedule.closing.run(&mut self.world);
    }

    /// The state between two ticks whose rows have been taken. Loading it with [`Self::load`] gives a realm that steps on
    /// to the same bytes.
    ///
    /// # Panics
    /// If rows have not been taken: they would be lost.
    pub fn save(&mut self) -> Vec<u8> {
        assert!(messages::are_all_read(&self.world), "what is said in a tick is read in it");
        assert!(self.world.resource::<Journal>().rows.count() == RowCounts::default(), "rows have been taken");
        let header = Header::of(&self.setting, self.id, self.next_tick);
        save::save(&mut self.world, &self.setting, &header)
    }

    /// A realm from a saved state.
    ///
    /// # Errors
    /// If the state is damaged, or of another version, world or realm.
    pub fn load(setting: Arc<Setting>, id: u32, state: &[u8]) -> Result<Self, LoadError> {
        let (header, body) = save::open(&setting, id, state)?;
        let mut realm = Self::empty(setting, id, header.next_tick);
        save::load(&mut realm.world, &realm.setting, body)?;
        realm.encounters_seen = realm.world.resource::<Journal>().next_encounter;
        Ok(realm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encounter::CpuDetector;
    use crate::scenario::Scenario;
    use crate::world::step::step_day;

    #[test]
    fn nothing_in_the_world_grows_with_the_sessions_that_have_ended() {
        let sets = ["population.players=8000", "population.realms=2", "clock.days=6", "clock.heartbeat_seconds=120"];
        let scenario = Scenario::parse("t", "t", "", &sets.map(str::to_owned)).expect("valid");
        let mut realm = Realm::new(Arc::new(Setting::new(scenario)), 0);
        let mut ended = 0;
        for day in 0..6 {
            step_day(&mut realm, day, &mut CpuDetector::default(), &mut |_| {}).expect("the CPU never fails");
            ended += realm.take_rows().session_ends.len();
            let removed: usize = realm.world.removed_components().iter().map(|(_, messages)| messages.len()).sum();
            // Those of the last two ticks; all that were ever removed would be thousands.
            assert!(removed < 500, "day {day}: {removed}");
            let sessions = realm.online() + realm.waiting();
            let entities = realm.world.entities().count_spawned() as usize;
            let (waiting, bytes) = (realm.world.resource::<ReturnCalendar>().len(), realm.account_bytes());
            assert!(
                waiting > 1_000 && bytes < 48 * waiting + 40_000,
                "day {day}: {bytes} bytes for {waiting} accounts"
            );
            // Sessions, matches and arenas; players are none.
            assert!(entities < 100 + 3 * sessions, "day {day}: {entities} entities for {sessions} sessions");
        }
        assert!(ended > 2_000, "{ended} sessions have ended");
    }
}
