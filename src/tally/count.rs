//! Counting: the rows of a realm and window, and the notes beside them, into tallies.

use super::axis::Axis;
use super::tallies::Tallies;
use crate::population::SessionEnd;
use crate::setting::Setting;
use crate::table::{DayRows, MatchEnd, Timestamp};
use crate::time::DAY_S;

impl Tallies {
    /// Counts what a realm has written in a window of a day, or at the end of the run.
    pub fn count(&mut self, setting: &Setting, day: u32, rows: &DayRows) {
        self.count_presence(setting, day, rows);
        self.count_sessions(setting, rows);
        self.count_fights(setting, rows);
        self.count_matches(setting, rows);
        self.count_careers(setting, rows);
        self.count_purchases(setting, rows);
    }

    fn count_careers(&mut self, setting: &Setting, rows: &DayRows) {
        for row in &rows.achievement_unlocks {
            self.unlocks.add([row.achievement.index as usize], 1);
        }
        for (row, level_before) in rows.level_ups.iter().zip(&rows.notes.levels_before) {
            // Everybody begins at the first level, which nobody reaches; the player moves from one to another.
            if *level_before > 1 {
                self.levels.add([usize::from(*level_before) - 1], -1);
            }
            self.levels.add([row.level as usize - 1], 1);
        }
        for row in &rows.reports {
            self.reports.add([day_of(setting, row.event_ts), row.reason.index as usize], 1);
        }
        for row in &rows.anticheat_flags {
            self.flags.add([day_of(setting, row.event_ts), row.rule.index as usize], 1);
        }
        for row in &rows.bans {
            self.bans.add([day_of(setting, row.event_ts)], 1);
        }
    }

    fn count_presence(&mut self, setting: &Setting, day: u32, rows: &DayRows) {
        let (clock, notes) = (setting.clock, &rows.notes);
        let day_of_run = day as usize;
        for (tick, online) in rows.sums.online.chunks_exact(setting.regions()).enumerate() {
            let hour = clock.hour_of(tick as u32) as usize;
            for (region, online) in online.iter().enumerate() {
                self.heartbeats.add([day_of_run, hour, region], i64::from(*online));
            }
        }
        for (sum, count) in self.played.counts.iter_mut().zip(&notes.played) {
            *sum += i64::from(*count);
        }
        for (sum, count) in self.occupancy.counts.iter_mut().zip(&notes.occupancy) {
            *sum += i64::from(*count);
        }
        for (sum, count) in self.logins.counts.iter_mut().zip(&notes.logins) {
            *sum += i64::from(*count);
        }
        for visit in &notes.visits {
            let day = usize::from(visit.day);
            self.active_players.add([day, visit.country.into()], 1);
            self.active_by_platform.add([day, visit.platform.into()], 1);
            let installed = setting.population.install_day(visit.player_id);
            self.active_by_cohort.add([(installed + 1).max(0) as usize, day], 1);
            let seen_before = visit.seen_before.checked_sub(1).map(u32::from);
            let (week, month) = (clock.week(visit.day.into()), clock.month(visit.day.into()));
            if seen_before.is_none_or(|before| clock.week(before) != week) {
                self.weekly_active.add([week as usize], 1);
            }
            if seen_before.is_none_or(|before| clock.month(before) != month) {
                self.monthly_active.add([month as usize], 1);
            }
        }
    }

    fn count_sessions(&mut self, setting: &Setting, rows: &DayRows) {
        for row in &rows.session_ends {
            let (day, country) = (day_of(setting, row.started_at), row.country.index as usize);
            self.sessions.add([day, country], 1);
            self.session_s.add([day, country], row.event_length_s.into());
            self.session_ends.add([row.end_reason.index as usize], 1);
            if row.end_reason.index as usize != SessionEnd::RunEnd as usize {
                let length = Axis::SessionMinutes.bin(row.event_length_s as u32 / 60);
                self.session_lengths.add([row.platform.index as usize, length], 1);
            }
            if row.kills + row.deaths > 0 {
                let ratio = row.kills as u32 * 100 / (row.deaths as u32).max(1);
                self.session_kills_per_death.add([Axis::KillsPerDeath.bin(ratio)], 1);
            }
        }
    }

    fn count_fights(&mut self, setting: &Setting, rows: &DayRows) {
        for (row, venue) in rows.kills.iter().zip(&rows.notes.kill_venues) {
            let weapon = row.weapon.index as usize;
            self.kills.add([day_of(setting, row.event_ts), venue.mode.into()], 1);
            self.kill_distances.add([weapon, Axis::Distance.bin(row.distance_cm as u32)], 1);
            self.headshots.add([weapon], row.is_headshot.into());
            let cell = setting.raster.of_map(venue.map.into()).cell(row.victim_x_cm, row.victim_y_cm);
            self.kill_places.counts[cell] += 1;
        }
        for (row, venue) in rows.encounters.iter().zip(&rows.notes.encounter_venues) {
            let mode = usize::from(venue.mode);
            self.encounters.add([day_of(setting, row.started_at), mode], 1);
            self.encounters_by_map.add([venue.map.into()], 1);
            self.encounter_beats.add([mode, Axis::Beats.bin(row.contact_beats as u32)], 1);
            self.encounter_distances.add([mode, Axis::Distance.bin(row.min_distance_cm as u32)], 1);
            self.encounter_ends.add([mode, row.end_reason.index as usize], 1);
            self.encounter_outcomes.add([row.relation.index as usize, usize::from(row.kills > 0)], 1);
        }
    }

    fn count_matches(&mut self, setting: &Setting, rows: &DayRows) {
        for (row, margin) in rows.matches.iter().zip(&rows.notes.margins) {
            let (mode, end) = (row.mode.index as usize, row.end_reason.index as usize);
            self.matches.add([day_of(setting, row.started_at), mode], 1);
            self.match_ends.add([mode, end], 1);
            if end != MatchEnd::RunEnd as usize {
                let length_s = (row.ended_at.0 - row.started_at.0) / 1000;
                self.match_lengths.add([mode, Axis::MatchMinutes.bin(length_s as u32 / 60)], 1);
                let nobody = self.winners.sizes[1] - 1;
                self.winners.add([mode, row.winner_team.map_or(nobody, |team| team as usize)], 1);
                self.margins.add([mode, Axis::Margin.bin(*margin)], 1);
            }
        }
    }

    fn count_purchases(&mut self, setting: &Setting, rows: &DayRows) {
        for (row, payment) in rows.purchases.iter().zip(&rows.notes.payments) {
            let (day, country) = (day_of(setting, row.event_ts), usize::from(payment.country));
            let (cents, item) = (i64::from(row.price_usd_cents), row.item.index as usize);
            self.purchases.add([day, country], 1);
            self.revenue.add([day, country], cents);
            self.item_purchases.add([item], 1);
            self.item_revenue.add([item], cents);
            if payment.is_first_of_week {
                self.payers.add([setting.clock.week(day as u32) as usize, country], 1);
            }
            // The player moves from one bin to another, with all that was spent so far.
            let before = payment.spent_before;
            let after = before.saturating_add(row.price_usd_cents as u32);
            if !row.is_first {
                self.spenders.add([Axis::Spending.bin(before)], -1);
                self.spent.add([Axis::Spending.bin(before)], -i64::from(before));
            }
            self.spenders.add([Axis::Spending.bin(after)], 1);
            self.spent.add([Axis::Spending.bin(after)], after.into());
        }
    }
}

/// The day of the run in which a moment lies.
fn day_of(setting: &Setting, at: Timestamp) -> usize {
    ((at.0 - setting.clock.ms(0)) / (i64::from(DAY_S) * 1000)) as usize
}
