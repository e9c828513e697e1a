//! Morale: deaths and lost matches make some players stop. Their sessions end at a moment of the next interval, if they would
//! not have ended before: what has happened in this one stays as it is.

use bevy_ecs::prelude::*;

use super::lobby::IS_OPEN;
use super::messages::{Died, Lost};
use super::purchase::Shopping;
use super::roster::Roster;
use super::session::{Departing, Seated, Session};
use super::tick::{Now, Rules};
use super::trajectory::{Track, Trajectories};
use crate::population::{SessionEnd, Sitting};

/// Lets those give up who have died or lost a match in this tick and have had enough.
pub fn give_up(
    rules: Res<Rules>,
    now: Res<Now>,
    mut died: MessageReader<Died>,
    mut lost: ResMut<Messages<Lost>>,
    mut departing: ResMut<Departing>,
    mut trajectories: ResMut<Trajectories>,
    mut sessions: Query<(&mut Session, &Seated, &Track, Option<&mut Shopping>)>,
    mut matches: Query<&mut Roster>,
) {
    let (tick, effects) = (now.tick, &rules.effects);
    let next_s = rules.clock.second(tick + 1);
    let dead = |Died { seat, .. }: &Died| {
        let roster = matches.get(seat.game).expect(IS_OPEN);
        let participation = roster.of(seat.participant);
        participation.session.filter(|_| effects.death_ends(participation.session_id, tick))
    };
    let mut quitting: Vec<Entity> = died.read().filter_map(dead).collect();
    for Lost(entity) in lost.drain() {
        let (session, ..) = sessions.get(entity).expect(IS_ONLINE);
        quitting.extend(effects.loss_ends(session.id, tick).then_some(entity));
    }
    for entity in quitting {
        let (mut session, seated, track, shopping) = sessions.get_mut(entity).expect(IS_ONLINE);
        let ended_s = next_s + effects.second_of_end(session.id, tick, rules.clock.heartbeat_s);
        if ended_s >= session.sitting.ended_s {
            continue;
        }
        departing.move_up(&rules, session.id, session.sitting.ended_s, ended_s);
        trajectories.cut(track, tick, rules.clock.tick_at_or_after(ended_s));
        session.sitting = Sitting { ended_s, end: SessionEnd::Logout, ..session.sitting };
        if let Some(mut shopping) = shopping {
            shopping.stop_at(ended_s);
        }
        let seat = seated.0.expect("who is online at a tick sits in a match");
        let mut roster = matches.get_mut(seat.game).expect(IS_OPEN);
        roster.participations[seat.participant as usize].ended_s = ended_s;
    }
}

const IS_ONLINE: &str = "who plays at a tick is online until it ends";
