//! `kills`: one row a kill.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a kill. Killer and victim are opponents within the engage radius of their mode at the heartbeat before it.
    KillRow in "kills", Fact, sorted by (|row| (row.kill_id, 0)) ["kill_id"] {
        /// Kill: realm_id << 40 | number in the realm.
        1 kill_id: i64, Delta;
        /// When, UTC; milliseconds.
        2 event_ts: Timestamp, DeltaRaw;
        /// Match.
        3 match_id: i64, Dictionary;
        /// Encounter that the two were in at the heartbeat before it; 0 if they were in none.
        4 encounter_id: i64, Plain;
        /// Account number of the killer.
        5 killer_id: i32, DictionaryRaw;
        /// Account number of the victim.
        6 victim_id: i32, DictionaryRaw;
        /// Session of the killer.
        7 killer_session: i64, DictionaryRaw;
        /// Session of the victim.
        8 victim_session: i64, DictionaryRaw;
        /// Weapon.
        9 weapon: Text<domain::WeaponName>, Dictionary;
        /// Whether it was a headshot.
        10 is_headshot: bool, Plain;
        /// Distance of the two at event_ts, centimetres, rounded down; may exceed the radius.
        11 distance_cm: i32, DeltaRaw;
        /// Killer's position at event_ts, east, centimetres.
        12 killer_x_cm: i32, DeltaRaw;
        /// Likewise, north.
        13 killer_y_cm: i32, DeltaRaw;
        /// Likewise, up.
        14 killer_z_cm: i32, DeltaRaw;
        /// Victim's position at event_ts, east, centimetres.
        15 victim_x_cm: i32, DeltaRaw;
        /// Likewise, north.
        16 victim_y_cm: i32, DeltaRaw;
        /// Likewise, up.
        17 victim_z_cm: i32, DeltaRaw;
    }
}
