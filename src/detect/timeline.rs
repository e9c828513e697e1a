//! The timeline: times of any span as ticks of 32 bits, which episodes count in.
//!
//! A stretch without rows that is longer than the merge gap ends every episode, so that it needs no more ticks than it takes
//! to be longer than that.

use super::input_error::InputError;

/// Times that have come, as ticks.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Milliseconds of a tick.
    unit_ms: i64,
    /// Most ticks between two times.
    longest: u32,
    /// First tick and time of every stretch in which ticks follow time.
    stretches: Vec<(u32, i64)>,
    last: (u32, i64),
}

impl Timeline {
    /// From a first time on, in ticks of some milliseconds, for a merge gap.
    pub fn new(first_ms: i64, unit_ms: i64, gap_ms: i64) -> Self {
        let longest = u32::try_from(gap_ms / unit_ms).unwrap_or(u32::MAX - 1).saturating_add(1);
        Self { unit_ms, longest, stretches: vec![(0, first_ms)], last: (0, first_ms) }
    }

    /// The merge gap in ticks.
    pub fn gap_ticks(&self) -> u32 {
        self.longest - 1
    }

    /// The tick of a time that is no earlier than the last one.
    ///
    /// # Errors
    /// [`InputError::TooLong`] if it lies between two ticks or there are no more of them.
    pub fn advance_to(&mut self, ms: i64) -> Result<u32, InputError> {
        let since = i128::from(ms) - i128::from(self.last.1);
        if since % i128::from(self.unit_ms) != 0 {
            return Err(InputError::TooLong);
        }
        let ticks = since / i128::from(self.unit_ms);
        let is_followed = ticks <= i128::from(self.longest);
        let tick = self.last.0.checked_add(if is_followed { ticks as u32 } else { self.longest });
        let tick = tick.ok_or(InputError::TooLong)?;
        if !is_followed {
            self.stretches.push((tick, ms));
        }
        self.last = (tick, ms);
        Ok(tick)
    }

    /// Milliseconds since 1970 of a tick.
    pub fn ms(&self, tick: u32) -> i64 {
        let stretch = self.stretches.partition_point(|(first, _)| *first <= tick) - 1;
        let (first, ms) = self.stretches[stretch];
        ms + i64::from(tick - first) * self.unit_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_follow_time_except_over_stretches_longer_than_the_gap() {
        let mut line = Timeline::new(-5_000, 1_000, 3_000);
        let times = [-5_000, -4_000, -1_000, 3_000, 253_402_300_799_000, 253_402_300_800_000];
        let ticks: Vec<u32> = times.iter().map(|&ms| line.advance_to(ms).expect("whole seconds")).collect();
        assert_eq!((line.gap_ticks(), ticks.as_slice()), (3, &[0, 1, 4, 8, 12, 13][..]));
        assert_eq!(ticks.iter().map(|&tick| line.ms(tick)).collect::<Vec<_>>(), times);
        assert!(matches!(line.advance_to(253_402_300_800_500), Err(InputError::TooLong)));
    }
}
