//! The anti-cheat: rules that look at what telemetry says of a session, and nothing else.

use crate::scenario::sections::{AnticheatKeys, File};

/// What is looked at. The order is that of the names in `anticheat_flags.rule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Steps that nobody can make.
    ImpossibleMovement,
    /// Headshots.
    Headshots,
    /// Kills for each death.
    KillRatio,
    /// How long the session lasted.
    Hours,
    /// Reports of victims.
    Reports,
}

impl Rule {
    /// Names in order.
    pub const NAMES: [&str; 5] = ["impossible_movement", "headshots", "kill_ratio", "hours", "reports"];

    /// The rule with a place among the names.
    pub fn at(index: usize) -> Self {
        [Self::ImpossibleMovement, Self::Headshots, Self::KillRatio, Self::Hours, Self::Reports][index]
    }
}

/// What telemetry says of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Length in seconds.
    pub length_s: u32,
    /// Kills.
    pub kills: u16,
    /// Deaths.
    pub deaths: u16,
    /// Kills by headshots.
    pub headshots: u16,
    /// Steps from one heartbeat to the next that top speed does not allow, without a death in between.
    pub jumps: u16,
    /// Reports by victims.
    pub reports: u16,
}

/// A rule that a session has broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// What was seen.
    pub value: i32,
    /// What is allowed is below this.
    pub bound: i32,
}

/// The rules, compiled.
#[derive(Clone, Debug)]
pub struct Anticheat {
    /// The rules and what they lead to.
    pub keys: AnticheatKeys,
}

impl Anticheat {
    /// Compiles them.
    pub fn new(file: &File) -> Self {
        Self { keys: file.anticheat.clone() }
    }

    /// The rules that a session has broken, in order.
    pub fn look_at(&self, evidence: Evidence) -> impl Iterator<Item = Breach> {
        let keys = &self.keys;
        let milli = |value: f64| libm::round(value * 1e3) as i32;
        let kills = u32::from(evidence.kills);
        let per_mille = |part: u16, whole: u16| (u32::from(part) * 1000 / u32::from(whole.max(1))) as i32;
        let looks = [
            (Rule::ImpossibleMovement, true, evidence.jumps.into(), keys.jumps as i32),
            (
                Rule::Headshots,
                kills >= keys.headshot_kills,
                per_mille(evidence.headshots, evidence.kills),
                milli(keys.headshot_share),
            ),
            (Rule::KillRatio, kills >= keys.ratio_kills, per_mille(evidence.kills, evidence.deaths), milli(keys.ratio)),
            (Rule::Hours, true, (evidence.length_s / 60) as i32, keys.session_minutes as i32),
            (Rule::Reports, true, evidence.reports.into(), keys.reports as i32),
        ];
        let is_broken = move |(_, applies, value, bound): &(Rule, bool, i32, i32)| *applies && value >= bound;
        looks.into_iter().filter(is_broken).map(|(rule, _, value, bound)| Breach { rule, value, bound })
    }

    /// The day on which an account is banned that is condemned on a day: the next, or if it waits, that of the next wave. None
    /// if nobody is banned.
    pub fn ban_day(&self, day: u32, waits: bool) -> Option<u32> {
        let wave = (day + 1).checked_next_multiple_of(self.keys.wave_days)?;
        Some(if waits { wave } else { day + 1 })
    }

    /// Whether accounts are banned on a day in a wave.
    pub fn is_wave(&self, day: u32) -> bool {
        day.is_multiple_of(self.keys.wave_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn a_session_breaks_exactly_the_rules_whose_bound_it_reaches() {
        let anticheat = Anticheat::new(&Scenario::parse("t", "t", "", &[]).expect("valid").file);
        let honest = Evidence { length_s: 3600, kills: 24, deaths: 1, headshots: 24, jumps: 2, reports: 1 };
        assert_eq!(anticheat.look_at(honest).count(), 0);
        let broken =
            |evidence| anticheat.look_at(evidence).map(|breach| (breach.rule, breach.value)).collect::<Vec<_>>();
        assert_eq!(broken(Evidence { jumps: 3, ..honest }), [(Rule::ImpossibleMovement, 3)]);
        assert_eq!(broken(Evidence { kills: 25, deaths: 9, headshots: 14, ..honest }), [(Rule::Headshots, 560)]);
        assert_eq!(broken(Evidence { kills: 57, deaths: 4, headshots: 0, ..honest }), [(Rule::KillRatio, 14_250)]);
        assert_eq!(
            broken(Evidence { length_s: 42_059, reports: 2, ..honest }),
            [(Rule::Hours, 700), (Rule::Reports, 2)]
        );
        for (rule, name) in Rule::NAMES.iter().enumerate() {
            assert_eq!(Rule::at(rule) as usize, rule, "{name}");
        }
    }

    #[test]
    fn bans_wait_for_the_wave_or_the_next_midnight() {
        let sets = |days| Scenario::parse("t", "t", "", &[format!("anticheat.wave_days={days}")]).expect("valid").file;
        let anticheat = Anticheat::new(&sets(28));
        assert_eq!(anticheat.ban_day(0, true), Some(28));
        assert_eq!(anticheat.ban_day(27, true), Some(28));
        assert_eq!(anticheat.ban_day(28, true), Some(56));
        assert_eq!(anticheat.ban_day(3, false), Some(4));
        assert_eq!(anticheat.ban_day(27, false), Some(28));
        assert_eq!(Anticheat::new(&sets(0)).ban_day(3, false), None);
    }
}
