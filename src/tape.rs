//! Saved state: one function a component both writes and reads it, so that the two cannot drift apart.
//!
//! A [`Tape`] is either recording (values are appended) or playing (values are overwritten with what was recorded).
//! Numbers are little-endian. A tape that ends early or holds impossible lengths is an error, never a panic.

/// A recording or a playback of state.
#[derive(Debug)]
pub struct Tape {
    bytes: Vec<u8>,
    /// Where playback stands; `None` while recording.
    cursor: Option<usize>,
    intact: bool,
}

macro_rules! number {
    ($($name:ident: $type:ty),*) => {$(
        /// Records or plays one number.
        pub fn $name(&mut self, value: &mut $type) {
            let mut bytes = value.to_le_bytes();
            self.raw(&mut bytes);
            *value = <$type>::from_le_bytes(bytes);
        }
    )*};
}

impl Tape {
    /// An empty recording.
    pub fn record() -> Self {
        Self { bytes: Vec::new(), cursor: None, intact: true }
    }

    /// Playback of what was recorded.
    pub fn play(bytes: Vec<u8>) -> Self {
        Self { bytes, cursor: Some(0), intact: true }
    }

    /// Whether this is playback.
    pub fn is_playing(&self) -> bool {
        self.cursor.is_some()
    }

    /// Ends a recording.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether playback met all it expected and nothing was left over.
    pub fn played_to_the_end(&self) -> bool {
        self.intact && self.cursor.is_none_or(|cursor| cursor == self.bytes.len())
    }

    number!(u8: u8, u16: u16, u32: u32, u64: u64, i32: i32, i64: i64, f64: f64);

    /// Records or plays one flag.
    pub fn flag(&mut self, value: &mut bool) {
        let mut byte = u8::from(*value);
        self.u8(&mut byte);
        *value = byte != 0;
    }

    /// Records how many things follow, or says how many were recorded: none if there cannot be so many.
    pub fn count(&mut self, count: usize) -> usize {
        let mut count = count as u64;
        self.u64(&mut count);
        // Every thing is at least a byte: a count beyond the rest of the tape is damage, not a reason to allocate.
        let rest = self.cursor.map(|cursor| self.bytes.len() - cursor);
        self.intact &= rest.is_none_or(|rest| count <= rest as u64);
        if self.intact { count as usize } else { 0 }
    }

    /// Records or plays a list, item by item.
    pub fn list<T: Default>(&mut self, list: &mut Vec<T>, mut item: impl FnMut(&mut Self, &mut T)) {
        let count = self.count(list.len());
        if self.is_playing() {
            list.clear();
            list.resize_with(count, T::default);
        }
        for value in list {
            item(self, value);
        }
    }

    fn raw<const N: usize>(&mut self, bytes: &mut [u8; N]) {
        let Some(cursor) = &mut self.cursor else {
            self.bytes.extend_from_slice(bytes);
            return;
        };
        match self.bytes.get(*cursor..*cursor + N) {
            Some(recorded) => {
                bytes.copy_from_slice(recorded);
                *cursor += N;
            }
            None => {
                self.intact = false;
                *bytes = [0; N];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_plays_back() {
        let state = |tape: &mut Tape, number: &mut i64, list: &mut Vec<u16>| {
            tape.i64(number);
            tape.list(list, Tape::u16);
        };
        let mut tape = Tape::record();
        state(&mut tape, &mut -5, &mut vec![1, 2, 3]);
        let (mut number, mut list) = (0, Vec::new());
        let mut playback = Tape::play(tape.into_bytes());
        state(&mut playback, &mut number, &mut list);
        assert_eq!((number, list.as_slice(), playback.played_to_the_end()), (-5, &[1, 2, 3][..], true));
    }

    #[test]
    fn damage_is_noticed() {
        let mut list: Vec<u64> = Vec::new();
        let mut tape = Tape::play(u64::MAX.to_le_bytes().to_vec());
        tape.list(&mut list, Tape::u64);
        assert!(list.is_empty() && !tape.played_to_the_end());
    }
}
