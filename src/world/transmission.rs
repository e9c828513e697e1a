//! Transmission: what a collector receives of the heartbeats of a tick, and the truth about what it does not. Only where
//! `heartbeats_received` or `truth_defects` is written; nothing else looks at it.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::roster::Roster;
use super::tick::{Now, Positions, Rules};
use super::trajectory::is_chosen;
use crate::table::{HeartbeatReceivedRow, Text, Timestamp, TruthDefectRow};

/// Sends the heartbeats of everyone whose heartbeats are kept.
pub fn transmit(
    rules: Res<Rules>,
    now: Res<Now>,
    lobby: Res<Lobby>,
    positions: Res<Positions>,
    mut journal: ResMut<Journal>,
    matches: Query<(&Match, &Roster)>,
) {
    let receives = rules.writes("heartbeats_received");
    let second = rules.clock.second(now.tick);
    let sent_ms = rules.clock.ms(second);
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let (game, roster) = matches.get(*entity).expect(IS_OPEN);
        for (member, &participant) in (0..).zip(&roster.present) {
            let participation = roster.of(participant);
            let (session_id, player_id) = (participation.session_id, participation.player_id);
            if !is_chosen(rules.scenario.file.output.heartbeat_players_one_in, player_id) {
                continue;
            }
            let delivery = rules.defects.deliver(session_id, player_id, game.region, second);
            let [x, y, z] = positions.of_member(index, member);
            let received = delivery.delays_ms.iter().map(|delay_ms| HeartbeatReceivedRow {
                received_at: Timestamp(sent_ms + i64::from(*delay_ms)),
                session_id,
                event_ts: Timestamp(sent_ms + i64::from(delivery.shift_ms)),
                player_id,
                match_id: game.id,
                team_id: participation.team as i8,
                position_x_cm: x,
                position_y_cm: y,
                position_z_cm: z,
            });
            if receives {
                journal.rows.heartbeats_received.extend(received);
            }
            let truth = delivery.defects.iter().map(|(defect, shift_ms)| TruthDefectRow {
                session_id,
                event_ts: Timestamp(sent_ms),
                defect: Text::at(*defect as usize),
                shift_ms: *shift_ms,
            });
            journal.rows.truth_defects.extend(truth);
        }
    }
}
