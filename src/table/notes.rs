//! Notes beside the rows of a realm and day: what the report needs to know of them and no table says.

/// A player's first heartbeat on a day.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// Account number.
    pub player_id: i32,
    /// Simulated day.
    pub day: u16,
    /// The last day seen before, counted from 1; 0 if there was none.
    pub seen_before: u16,
    /// Index of the country.
    pub country: u16,
    /// Index of the platform.
    pub platform: u16,
}

/// Where something happened.
#[derive(Clone, Copy, Debug)]
pub struct Venue {
    /// Index of the map.
    pub map: u16,
    /// Index of the mode.
    pub mode: u16,
}

/// What a purchase adds to.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// US cents that the player had spent before.
    pub spent_before: u32,
    /// Index of the country.
    pub country: u16,
    /// Whether it is the player's first in its week.
    pub is_first_of_week: bool,
}

/// Notes on the rows of a realm and day.
#[derive(Clone, Debug, Default)]
pub struct DayNotes {
    /// Who was there.
    pub visits: Vec<Visit>,
    /// Sessions that logged in, by their number on their player's day, from 0; the last entry holds all beyond.
    pub logins: Vec<u32>,
    /// One a purchase.
    pub payments: Vec<Payment>,
    /// One a session with which a player has reached a level: the level before.
    pub levels_before: Vec<u16>,
    /// One a kill.
    pub kill_venues: Vec<Venue>,
    /// One an encounter.
    pub encounter_venues: Vec<Venue>,
    /// One a match: how many kills the best team has more than the next.
    pub margins: Vec<u32>,
    /// Heartbeats by map and cell, see [`crate::setting::Raster`].
    pub occupancy: Vec<u32>,
    /// Heartbeats by mode and map.
    pub played: Vec<u32>,
}

impl DayNotes {
    /// Drops everything and keeps the memory.
    pub fn clear(&mut self) {
        self.visits.clear();
        self.logins.fill(0);
        self.payments.clear();
        self.levels_before.clear();
        self.kill_venues.clear();
        self.encounter_venues.clear();
        self.margins.clear();
        self.occupancy.fill(0);
        self.played.fill(0);
    }
}
