//! Bodies: everyone present in a match, in blocks of columns that are moved by a heartbeat in vector lanes.
//!
//! Most players stay around a point or travel on, which takes no decision. [`Bodies::advance`] draws a word for every squad,
//! lets those decide one by one who respawn, set out or come by a place, and then moves all in whole blocks at once, to the same
//! positions as [`Scene::step`] does one by one (a test holds them side by side).

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::messages::Died;
use super::movement::{self, Body, Chance, Errand, Mover, Scene, Stance};
use super::roster::{Participation, Roster};
use super::scoreboard::Scoreboard;
use super::tick::{Now, Positions, Rules};
use super::trajectory::{Heartbeat, RowCursor, Track, Trajectories};
use crate::lanes::{self, Kernel};
use crate::random::{Purpose, Stream, Streams};
use crate::scenario::sections::Cheat;
use crate::setting::{Circle, Gait, Relief, spot_in_disc};
use crate::table::DayRows;
use crate::tape::Tape;

/// Bodies in a block.
const LANES: usize = 16;

/// Bodies side by side. What lies past the last is moved along and never looked at.
#[derive(Clone, Copy, Debug, Default)]
struct BodyBlock {
    player_id: [i32; LANES],
    squad: [i32; LANES],
    team: [u8; LANES],
    position: [[i32; LANES]; 3],
    target: [[i32; LANES]; 2],
    end: [[i32; LANES]; 2],
    beyond: [i32; LANES],
    via: [u16; LANES],
    goal: [u16; LANES],
    restlessness: [u32; LANES],
    /// [`Stance`], as numbers that fill a lane.
    stance: [i32; LANES],
    slot: [RowCursor; LANES],
}

/// The draws of a block at a heartbeat.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drawn {
    /// The words of their squads: whether to leave, or how fast to travel.
    words: [u64; LANES],
    /// Their own: where exactly to stay or to go.
    own: [u64; LANES],
    /// The spots of places that they go to.
    lean: [[f32; LANES]; 2],
    /// How far they travel, in centimetres.
    reach: [f64; LANES],
    /// Who respawns, sets out or comes by a place, a bit each.
    going: u32,
    /// Who respawns.
    spawning: u32,
    /// Who arrives, a bit each.
    arriving: u32,
}

/// The bodies of a match, in the order of those present.
#[derive(Component, Clone, Debug, Default)]
pub struct Bodies {
    len: usize,
    blocks: Vec<BodyBlock>,
    /// First tick of the window that rows belong to.
    window: Option<u32>,
}

impl Bodies {
    /// Adds the body of a player who is about to spawn.
    pub fn push(&mut self, mover: Mover) {
        let (block, lane) = (self.len / LANES, self.len % LANES);
        self.blocks.resize(block + 1, BodyBlock::default());
        self.len += 1;
        self.blocks[block].set_mover(lane, mover);
        self.blocks[block].stance[lane] = Stance::Spawns as i32;
        self.blocks[block].slot[lane] = RowCursor::default();
    }

    /// Lets the n-th body spawn anew at the next heartbeat.
    pub fn respawn(&mut self, member: usize) {
        self.blocks[member / LANES].stance[member % LANES] = Stance::Spawns as i32;
    }

    /// Puts the body of one member in the place of another.
    pub fn replace(&mut self, member: usize, with: usize) {
        let (source, lane) = (&self.blocks[with / LANES], with % LANES);
        let (mover, body, slot) = (source.mover(lane), source.body(lane), source.slot[lane]);
        let (block, lane) = (&mut self.blocks[member / LANES], member % LANES);
        block.set_mover(lane, mover);
        block.set_body(lane, &body);
        block.slot[lane] = slot;
    }

    /// Drops all but the first bodies.
    pub fn truncate(&mut self, len: usize) {
        self.len = len;
        self.blocks.truncate(len.div_ceil(LANES));
    }

    /// Drops those who have left a match from its roster and their bodies with them.
    pub fn drop_leavers(&mut self, roster: &mut Roster) {
        roster.drop_leavers(|from, to| self.replace(to, from));
        self.truncate(roster.present.len());
    }

    /// Moves everyone by one heartbeat; `drawn` is room for one match after the other.
    pub fn advance(&mut self, scene: &Scene<'_>, drawn: &mut Vec<Drawn>) {
        let Self { len, blocks, .. } = self;
        drawn.resize(blocks.len(), Drawn::default());
        if scene.circle.is_some() {
            let counts = (0..*len).step_by(LANES).map(|first| LANES.min(*len - first));
            blocks.iter_mut().zip(counts).for_each(|(block, count)| block.pull_in(scene, count));
        }
        let gait = *scene.gait;
        lanes::widest(Draw { streams: scene.chance.squads, gait, blocks, drawn });
        for (index, (block, drawn)) in blocks.iter_mut().zip(drawn.iter_mut()).enumerate() {
            let count = LANES.min(*len - index * LANES);
            drawn.going &= u32::from(u16::MAX) >> (LANES - count);
            if let Some(circle) = scene.circle {
                drawn.going |= block.outside(circle, count);
            }
            drawn.spawning = drawn.going & block.spawning();
            lanes_of(drawn.going & !drawn.spawning).for_each(|lane| block.decide(scene, lane, None, drawn));
        }
        // Once everyone else has decided, so that who spawns goes where its squad now goes.
        for index in 0..blocks.len() {
            for lane in lanes_of(drawn[index].spawning) {
                let mate = mate_of(&blocks[..], *len, index * LANES + lane);
                blocks[index].decide(scene, lane, mate, &mut drawn[index]);
            }
        }
        lanes::widest(Move { relief: scene.ground.relief, gait, blocks, drawn });
    }

    /// Lets a member move as nobody else could who has stood somewhere before [`Self::advance`]; true if it came farther than top
    /// speed allows.
    fn cheat(&mut self, member: usize, from: [i32; 3], scene: &Scene<'_>, effect: &Cheat, draws: &mut Stream) -> bool {
        let (block, lane) = (&mut self.blocks[member / LANES], member % LANES);
        let mut body = block.body(lane);
        scene.cheat(&mut body, effect, draws);
        block.set_body(lane, &body);
        let d2: u64 = (0..3).map(|axis| u64::from(from[axis].abs_diff(body.position[axis])).pow(2)).sum();
        d2 > scene.gait.top_step_cm.pow(2)
    }

    /// Appends everyone to those of a tick.
    pub fn append_to(&self, positions: &mut Positions) {
        let Positions { frame, player_id, team } = positions;
        for (index, block) in self.blocks.iter().enumerate() {
            let count = LANES.min(self.len - index * LANES);
            let [x, y, z] = &block.position;
            for (column, values) in
                [(&mut frame.x, x), (&mut frame.y, y), (&mut frame.z, z), (&mut *player_id, &block.player_id)]
            {
                append_lanes(column, values, count);
            }
            append_lanes(team, &block.team, count);
        }
    }

    /// Notes where everyone stands; `enter` is asked for the rows of those who have none in this window yet.
    pub fn record(
        &mut self,
        trajectories: &mut Trajectories,
        mut enter: impl FnMut(usize, &mut Trajectories) -> RowCursor,
    ) {
        if trajectories.keeps_nobody() {
            return;
        }
        if self.window.replace(trajectories.window()) != Some(trajectories.window()) {
            self.blocks.iter_mut().for_each(|block| block.slot = Default::default());
        }
        for (index, block) in self.blocks.iter_mut().enumerate() {
            for lane in 0..LANES.min(self.len - index * LANES) {
                if block.slot[lane].is_unknown() {
                    block.slot[lane] = enter(index * LANES + lane, trajectories);
                }
                trajectories.record(&mut block.slot[lane], [0, 1, 2].map(|axis| block.position[axis][lane]));
            }
        }
    }

    /// Records or plays the state between two windows.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut bodies: Vec<(Mover, Body)> = (0..self.len).map(|n| (self.mover(n), self.body(n))).collect();
        tape.list(&mut bodies, |tape, (mover, body)| {
            tape.i32(&mut mover.player_id);
            tape.i32(&mut mover.squad);
            tape.u8(&mut mover.team);
            body.state(tape);
        });
        if tape.is_playing() {
            for (n, (mover, body)) in bodies.into_iter().enumerate() {
                self.push(mover);
                self.blocks[n / LANES].set_body(n % LANES, &body);
            }
        }
    }

    fn mover(&self, member: usize) -> Mover {
        self.blocks[member / LANES].mover(member % LANES)
    }

    fn body(&self, member: usize) -> Body {
        self.blocks[member / LANES].body(member % LANES)
    }
}

/// Appends the first of some lanes: all of them are copied, which takes no loop.
#[inline]
fn append_lanes<T: Copy>(column: &mut Vec<T>, values: &[T; LANES], count: usize) {
    let len = column.len();
    column.extend_from_slice(values);
    column.truncate(len + count);
}

/// The lanes whose bits are set.
fn lanes_of(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = bits.trailing_zeros() as usize;
        bits &= bits.wrapping_sub(1);
        (lane < LANES).then_some(lane)
    })
}

/// Where the squad of somebody who spawns is or goes: the first of so many bodies who belongs to it and is there.
fn mate_of(blocks: &[BodyBlock], len: usize, member: usize) -> Option<Errand> {
    let squad = blocks[member / LANES].squad[member % LANES];
    let first = |block: &BodyBlock| block.mates(squad).trailing_zeros() as usize;
    let mate = blocks.iter().enumerate().find(|(_, block)| first(block) < LANES);
    let (_, block) = mate.filter(|(index, block)| index * LANES + first(block) < len)?;
    Some(block.body(first(block)).errand())
}

impl BodyBlock {
    /// Who of a squad is there and does not spawn, a bit each.
    fn mates(&self, squad: i32) -> u32 {
        let is_mate = |lane| self.squad[lane] == squad && self.stance[lane] != Stance::Spawns as i32;
        (0..LANES).map(|lane| u32::from(is_mate(lane)) << lane).sum()
    }

    /// Who spawns, a bit each.
    fn spawning(&self) -> u32 {
        (0..LANES).map(|lane| u32::from(self.stance[lane] == Stance::Spawns as i32) << lane).sum()
    }

    /// Lets somebody decide who spawns, sets out or comes by a place.
    #[inline]
    fn decide(&mut self, scene: &Scene<'_>, lane: usize, mate: Option<Errand>, drawn: &mut Drawn) {
        let mut body = self.body(lane);
        let lean = drawn.lean.map(|axis| axis[lane]);
        let reach = scene.decide(self.mover(lane), drawn.words[lane], lean, mate, &mut body);
        self.set_body(lane, &body);
        drawn.reach[lane] = reach.unwrap_or(0.0);
        drawn.arriving |= u32::from(reach.is_none()) << lane;
    }

    /// Who dwells where the circle has closed, a bit each.
    fn outside(&self, circle: &Circle, count: usize) -> u32 {
        let dwells = |lane: &usize| self.stance[*lane] == Stance::Dwells as i32;
        let at = |lane: usize| [0, 1].map(|axis| self.position[axis][lane]);
        let is_outside = |lane| u32::from(!circle.holds(at(lane))) << lane;
        (0..count).filter(dwells).map(is_outside).sum()
    }

    /// Turns those who travel to where the circle has closed.
    fn pull_in(&mut self, scene: &Scene<'_>, count: usize) {
        for lane in 0..count {
            let mut body = self.body(lane);
            if body.stance == Stance::Travels {
                scene.pull_in(&mut body);
                self.set_body(lane, &body);
            }
        }
    }

    fn mover(&self, lane: usize) -> Mover {
        Mover { player_id: self.player_id[lane], squad: self.squad[lane], team: self.team[lane] }
    }

    fn set_mover(&mut self, lane: usize, mover: Mover) {
        self.player_id[lane] = mover.player_id;
        self.squad[lane] = mover.squad;
        self.team[lane] = mover.team;
    }

    fn body(&self, lane: usize) -> Body {
        Body {
            position: [0, 1, 2].map(|axis| self.position[axis][lane]),
            target: [0, 1].map(|axis| self.target[axis][lane]),
            end: [0, 1].map(|axis| self.end[axis][lane]),
            beyond: self.beyond[lane],
            via: self.via[lane],
            goal: self.goal[lane],
            restlessness: self.restlessness[lane],
            stance: Stance::from_number(self.stance[lane]),
        }
    }

    fn set_body(&mut self, lane: usize, body: &Body) {
        (0..3).for_each(|axis| self.position[axis][lane] = body.position[axis]);
        (0..2).for_each(|axis| self.target[axis][lane] = body.target[axis]);
        (0..2).for_each(|axis| self.end[axis][lane] = body.end[axis]);
        self.beyond[lane] = body.beyond;
        self.via[lane] = body.via;
        self.goal[lane] = body.goal;
        self.restlessness[lane] = body.restlessness;
        self.stance[lane] = body.stance as i32;
    }
}

/// Draws a word for every squad and finds who goes: who spawns, who leaves, who comes by a place on its way; and who arrives.
struct Draw<'a> {
    streams: Streams,
    gait: Gait,
    blocks: &'a [BodyBlock],
    drawn: &'a mut [Drawn],
}

impl Kernel for Draw<'_> {
    #[inline(always)]
    fn run(self) {
        let Self { streams, gait, .. } = self;
        for (block, drawn) in self.blocks.iter().zip(self.drawn) {
            let (mut going, mut arriving) = (0, 0);
            for lane in 0..LANES {
                let word = streams.about(block.squad[lane] as u64).bits();
                let stance = block.stance[lane];
                let leaves = (stance == Stance::Dwells as i32) & movement::leaves(word, block.restlessness[lane]);
                let reach = gait.reach(word);
                let column = |pair: &[[i32; LANES]]| [pair[0][lane], pair[1][lane]];
                let (from, target, end) = (column(&block.position), column(&block.target), column(&block.end));
                let travels = stance == Stance::Travels as i32;
                let arrives = travels & movement::is_within(from, target, end, block.beyond[lane], reach);
                let comes_by = travels & movement::is_within(from, target, target, 0, reach) & !arrives;
                going |= u32::from(leaves | comes_by | (stance == Stance::Spawns as i32)) << lane;
                arriving |= u32::from(arrives) << lane;
                drawn.words[lane] = word;
                drawn.own[lane] = block.mover(lane).word_beside(word);
                drawn.reach[lane] = reach;
            }
            (drawn.going, drawn.arriving) = (going, arriving);
            // A loop of its own, because it keeps all registers busy.
            for lane in 0..LANES {
                [drawn.lean[0][lane], drawn.lean[1][lane]] = spot_in_disc(drawn.own[lane]);
            }
        }
    }
}

/// Moves everyone as has been decided: what [`Scene::step`] does last, without its branches.
struct Move<'a> {
    relief: Relief,
    gait: Gait,
    blocks: &'a mut [BodyBlock],
    drawn: &'a [Drawn],
}

impl Kernel for Move<'_> {
    #[inline(always)]
    fn run(self) {
        // What is common to all lanes by value, so that nothing stored can change it.
        let Self { relief, gait, .. } = self;
        for (block, drawn) in self.blocks.iter_mut().zip(self.drawn) {
            for lane in 0..LANES {
                let travels = block.stance[lane] == Stance::Travels as i32;
                let column = |pair: &[[i32; LANES]]| [pair[0][lane], pair[1][lane]];
                let (from, ahead, end) = (column(&block.position), column(&block.target), column(&block.end));
                let around = gait.roam_around(relief, ahead, drawn.own[lane]);
                let target = [if travels { ahead[0] } else { around[0] }, if travels { ahead[1] } else { around[1] }];
                let reach = if travels { drawn.reach[lane] } else { gait.stride };
                let [x, y] = movement::towards(from, target, reach);
                let arrives = drawn.arriving >> lane & 1 == 1;
                let [x, y] = [if arrives { end[0] } else { x }, if arrives { end[1] } else { y }];
                block.target[0][lane] = if arrives { end[0] } else { ahead[0] };
                block.target[1][lane] = if arrives { end[1] } else { ahead[1] };
                block.stance[lane] = if arrives { Stance::Dwells as i32 } else { block.stance[lane] };
                block.position[0][lane] = x;
                block.position[1][lane] = y;
                block.position[2][lane] = relief.height(x, y);
            }
        }
    }
}

/// Moves everyone in every match by one heartbeat, notes where they stand and lays out the frame for detection.
pub fn advance_positions(
    rules: Res<Rules>,
    now: Res<Now>,
    lobby: Res<Lobby>,
    mut positions: ResMut<Positions>,
    mut trajectories: ResMut<Trajectories>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &mut Roster, &mut Bodies, &mut Scoreboard)>,
    mut tracks: Query<&mut Track>,
    mut cheaters: Local<Vec<(usize, [i32; 3])>>,
    mut drawn: Local<Vec<Drawn>>,
) {
    let (trajectories, tick) = (&mut *trajectories, now.tick);
    let (regions, ticks_per_day) = (rules.regions(), rules.clock.ticks_per_day() as usize);
    let DayRows { sums, notes, .. } = &mut journal.rows;
    sums.online.resize(ticks_per_day * regions, 0);
    notes.occupancy.resize(rules.raster.len(), 0);
    notes.played.resize(rules.modes.len() * rules.grounds.len(), 0);
    let online = &mut sums.online[tick as usize % ticks_per_day * regions..][..regions];
    positions.clear();
    let chance = Chance::at(rules.seed, tick);
    for (_, entity) in &lobby.games {
        let (game, mut roster, mut bodies, mut scoreboard) = matches.get_mut(*entity).expect(IS_OPEN);
        let mode = game.mode(&rules);
        let ground = &rules.grounds[usize::from(game.map)];
        if roster.has_leavers {
            bodies.drop_leavers(&mut roster);
        }
        let circle = mode.circle_closes.then(|| {
            let elapsed = f64::from(tick - game.started_tick) / f64::from(game.ends_tick - game.started_tick);
            Circle::closing(rules.seed, ground, game.about, elapsed)
        });
        let (gait, circle) = (&mode.gait, circle.as_ref());
        let scene = Scene { chance, ground, gait, dwell: &mode.dwell, circle, teams: mode.teams };
        cheaters.clear();
        if roster.cheaters > 0 {
            // Who spawns in this tick comes from nowhere.
            let moves = |&(member, participant): &(usize, u32)| {
                rules.cheating.moves(roster.of(participant).cheat) && bodies.body(member).stance != Stance::Spawns
            };
            let present = roster.present.iter().copied().enumerate().filter(moves);
            cheaters.extend(present.map(|(member, _)| (member, bodies.body(member).position)));
        }
        bodies.advance(&scene, &mut drawn);
        for &(member, from) in &*cheaters {
            let participant = roster.present[member];
            let Participation { player_id, cheat, .. } = *roster.of(participant);
            let mut draws = rules.seed.stream(Purpose::CheatMove, player_id as u64, tick.into());
            let effect = rules.cheating.effect(cheat).expect("who cheats does so in some way");
            if bodies.cheat(member, from, &scene, effect, &mut draws) {
                scoreboard.count_jump(participant);
            }
        }
        bodies.append_to(&mut positions);
        bodies.record(trajectories, |member, trajectories| {
            let participation = roster.member(member);
            let heartbeat = Heartbeat {
                session_id: participation.session_id,
                player_id: participation.player_id,
                ended_s: participation.ended_s,
                match_id: game.id,
                team: participation.team,
            };
            let session = participation.session.expect("leavers have just been dropped");
            let mut track = tracks.get_mut(session).expect("a session has its track");
            trajectories.enter(rules.clock, &mut track, tick, heartbeat)
        });
        let frame = &mut positions.frame;
        let first = frame.starts.last().copied().unwrap_or(0) as usize;
        let raster = rules.raster.of_map(game.map.into());
        for (x, y) in frame.x[first..].iter().zip(&frame.y[first..]) {
            notes.occupancy[raster.cell(*x, *y)] += 1;
        }
        let members = (frame.len() - first) as u32;
        online[usize::from(game.region)] += members;
        notes.played[usize::from(game.mode) * rules.grounds.len() + usize::from(game.map)] += members;
        frame.end_match();
    }
    sums.heartbeats += positions.frame.len() as u64;
}

/// Lets the dead spawn anew at the next heartbeat.
pub fn respawn_dead(mut died: MessageReader<Died>, mut matches: Query<(&Roster, &mut Bodies)>) {
    for Died { seat, .. } in died.read() {
        let (roster, mut bodies) = matches.get_mut(seat.game).expect(IS_OPEN);
        let member = roster.present.binary_search(&seat.participant).expect("only who is present dies");
        bodies.respawn(member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use crate::scenario::Scenario;
    use crate::setting::{Dwell, Ground, ModeRules};

    fn compile(sets: &[String]) -> (Ground, Gait, Dwell) {
        let file = Scenario::parse("t", "t", "", sets).expect("valid").file;
        let map = file.maps.at(file.maps.index_of("foundry").expect("built in"));
        let mode = ModeRules::new(Seed(1), &file, "t", file.modes.at(0));
        (Ground::new(Seed(1), "foundry", map), mode.gait, mode.dwell)
    }

    /// A player of a squad of three, of one of two teams or of the only one.
    fn mover_of(player_id: i32, teams: u8) -> Mover {
        Mover { player_id, squad: player_id - player_id % 3, team: (player_id % 2) as u8 % teams }
    }

    #[test]
    fn blocks_move_as_bodies_do_one_by_one() {
        for (model, relief, teams) in [("hotspots", 40, 2), ("random_waypoint", 0, 1), ("levy_walk", 7, 3)] {
            let sets = [format!("movements.run.model={model}"), format!("maps.foundry.relief_m={relief}")];
            let (ground, gait, dwell) = compile(&sets);
            let mover = |n: i32| mover_of(100 + 7 * n, teams);
            for (count, closes) in [(1, false), (15, true), (16, false), (50, true)] {
                let (mut bodies, mut drawn) = (Bodies::default(), Vec::new());
                (0..count).for_each(|n| bodies.push(mover(n)));
                let mut alone = vec![Body { stance: Stance::Spawns, ..Body::default() }; count as usize];
                let mut decisions = 0;
                for tick in 0..400 {
                    let circle = closes.then(|| Circle::closing(Seed(1), &ground, 5, f64::from(tick) / 400.0));
                    let chance = Chance::at(Seed(1), tick);
                    let scene =
                        Scene { chance, ground: &ground, gait: &gait, dwell: &dwell, circle: circle.as_ref(), teams };
                    if tick % 13 == 12 {
                        bodies.respawn((tick % count as u32) as usize);
                        alone[(tick % count as u32) as usize].stance = Stance::Spawns;
                    }
                    bodies.advance(&scene, &mut drawn);
                    let (spawning, going): (Vec<usize>, Vec<usize>) =
                        (0..alone.len()).partition(|&member| alone[member].stance == Stance::Spawns);
                    for member in going.into_iter().chain(spawning) {
                        let mut body = alone[member];
                        let squad = mover(member as i32).squad;
                        let mut mates = (0..alone.len()).filter(|&mate| mover(mate as i32).squad == squad);
                        let mate = mates.find(|&mate| alone[mate].stance != Stance::Spawns);
                        scene.step(mover(member as i32), mate.map(|mate| alone[mate].errand()), &mut body);
                        decisions += u32::from(body.target != alone[member].target);
                        assert_eq!(bodies.body(member), body, "{model}, {count}, tick {tick}, member {member}");
                        alone[member] = body;
                    }
                }
                assert!(decisions > 5 * count as u32, "everyone sets out now and then");
            }
        }
    }

    #[test]
    fn every_form_of_the_kernels_gives_the_same_positions() {
        let (ground, gait, dwell) = compile(&[]);
        let mut bodies = Bodies::default();
        (1..=64).for_each(|id| bodies.push(mover_of(id, 2)));
        let mut travellers = 0;
        for tick in 0..50 {
            let chance = Chance::at(Seed(1), tick);
            let streams = chance.squads;
            let mut plain = [Drawn::default(); 4];
            Draw { streams, gait, blocks: &bodies.blocks, drawn: &mut plain }.run();
            let mut plainly = bodies.blocks.clone();
            Move { relief: ground.relief, gait, blocks: &mut plainly, drawn: &plain }.run();
            for form in lanes::Form::all() {
                let mut drawn = [Drawn::default(); 4];
                form.run(Draw { streams, gait, blocks: &bodies.blocks, drawn: &mut drawn });
                for (plain, wide) in plain.iter().zip(&drawn) {
                    assert_eq!(
                        (plain.words, plain.own, plain.lean, plain.reach, plain.going, plain.arriving),
                        (wide.words, wide.own, wide.lean, wide.reach, wide.going, wide.arriving),
                        "{form:?}"
                    );
                }
            }
            for form in lanes::Form::all() {
                let mut moved = bodies.blocks.clone();
                form.run(Move { relief: ground.relief, gait, blocks: &mut moved, drawn: &plain });
                for (plain, wide) in plainly.iter().zip(&moved) {
                    assert_eq!(
                        (plain.position, plain.target, plain.stance),
                        (wide.position, wide.target, wide.stance),
                        "{form:?}"
                    );
                }
            }
            let scene = Scene { chance, ground: &ground, gait: &gait, dwell: &dwell, circle: None, teams: 2 };
            bodies.advance(&scene, &mut Vec::new());
            travellers += (0..64).filter(|&n| bodies.body(n).stance == Stance::Travels).count();
        }
        assert!(travellers > 500, "{travellers}");
    }

    #[test]
    fn members_keep_their_bodies_when_others_leave() {
        let mut bodies = Bodies::default();
        (0..40).for_each(|id| bodies.push(mover_of(id, 2)));
        let kept = [0, 3, 17, 31, 39];
        for (to, from) in kept.into_iter().enumerate() {
            bodies.replace(to, from);
        }
        bodies.truncate(kept.len());
        let movers: Vec<Mover> = (0..bodies.len).map(|n| bodies.mover(n)).collect();
        assert_eq!(movers, kept.map(|id| mover_of(id as i32, 2)));
        assert_eq!(bodies.blocks.len(), 1);
    }
}
