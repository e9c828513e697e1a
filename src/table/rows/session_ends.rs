//! `session_ends`: one row a session.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a session, written when it has ended.
    SessionEndRow in "session_ends", Fact, sorted by (|row| (row.session_id, 0)) ["session_id"] {
        /// Session: player_id << 16 | ordinal of the session among the player's.
        1 session_id: i64, Delta;
        /// Account number, from 1.
        2 player_id: i32, Delta;
        /// Realm the player lives in.
        3 realm_id: i16, Dictionary;
        /// Party: the session_id of its leader; who plays alone leads their own.
        4 party_id: i64, Delta;
        /// Data-centre region.
        5 region: Text<domain::RegionName>, Dictionary;
        /// Country, ISO 3166-1 alpha-2.
        6 country: Text<domain::CountryName>, Dictionary;
        /// Platform.
        7 platform: Text<domain::PlatformName>, Dictionary;
        /// Device.
        8 device: Text<domain::DeviceName>, Dictionary;
        /// Version of the game client.
        9 client_version: Text<domain::ClientVersionName>, Dictionary;
        /// Login, UTC; whole seconds.
        10 started_at: Timestamp, Plain;
        /// Logout, UTC; whole seconds. Equals started_at + event_length_s. For run_end the midnight after the last day, which is not the row's date.
        11 event_ts: Timestamp, Plain;
        /// Length in seconds, at least 1.
        12 event_length_s: i32, Plain;
        /// Heartbeats: ticks t with started_at <= t < event_ts.
        13 heartbeats: i32, Plain;
        /// Distinct matches joined.
        14 matches: i16, Dictionary;
        /// Kills made.
        15 kills: i16, Dictionary;
        /// Deaths suffered.
        16 deaths: i16, Dictionary;
        /// Purchases made.
        17 purchases: i16, Dictionary;
        /// Why it ended: logout, disconnect, kicked, run_end.
        18 end_reason: Text<domain::SessionEndName>, Dictionary;
    }
}
