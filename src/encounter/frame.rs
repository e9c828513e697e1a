//! What detection is asked and what it answers.

/// Largest radius whose squared distances fit 32 bits: 3 * (r + 1)^2 < 2^32.
pub const MAX_RADIUS_CM: u32 = 37_836;

/// Positions of one tick, grouped by match: match `m` owns indices `starts[m]..starts[m + 1]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Positions in centimetres, in the frame of the match's map.
    pub x: Vec<i32>,
    /// Likewise, north.
    pub y: Vec<i32>,
    /// Likewise, up.
    pub z: Vec<i32>,
    /// Boundaries of the matches; one more than there are matches, unless there is none at all.
    pub starts: Vec<u32>,
}

impl Frame {
    /// Empties the frame, keeping its memory.
    pub fn clear(&mut self) {
        self.x.clear();
        self.y.clear();
        self.z.clear();
        self.starts.clear();
        self.starts.push(0);
    }

    /// Adds a position to the match being filled.
    #[inline]
    pub fn push(&mut self, position: [i32; 3]) {
        self.x.push(position[0]);
        self.y.push(position[1]);
        self.z.push(position[2]);
    }

    /// Ends the match being filled.
    pub fn end_match(&mut self) {
        self.starts.push(self.x.len() as u32);
    }

    /// Number of positions.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// Whether there are no positions.
    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }

    /// Number of matches.
    pub fn matches(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Indices of a match.
    pub fn range(&self, index: usize) -> std::ops::Range<usize> {
        self.starts[index] as usize..self.starts[index + 1] as usize
    }

    /// Appends the matches of another frame.
    pub fn append(&mut self, other: &Self) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        let base = self.x.len() as u32;
        self.x.extend_from_slice(&other.x);
        self.y.extend_from_slice(&other.y);
        self.z.extend_from_slice(&other.z);
        self.starts.extend(other.starts.iter().skip(1).map(|start| start + base));
    }
}

/// A pair of positions of one match at most the radius apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contact {
    /// First position, counted within its match.
    pub a: u32,
    /// Second position, counted within its match; larger than `a`.
    pub b: u32,
    /// Squared distance in square centimetres.
    pub d2: u32,
}

/// The contacts of a frame, grouped by match, sorted by (a, b) within each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// All contacts.
    pub pairs: Vec<Contact>,
    /// Boundaries of the matches in `pairs`.
    pub starts: Vec<u32>,
}

impl Contacts {
    /// Empties the answer, keeping its memory.
    pub fn clear(&mut self) {
        self.pairs.clear();
        self.starts.clear();
        self.starts.push(0);
    }

    /// Contacts of a match.
    pub fn of_match(&self, index: usize) -> &[Contact] {
        &self.pairs[self.starts[index] as usize..self.starts[index + 1] as usize]
    }

    /// Moves the answer for a span of matches into a frame's own answer.
    pub fn copy_matches(&mut self, from: &Self, matches: std::ops::Range<usize>) {
        self.clear();
        let (first, last) = (from.starts[matches.start], from.starts[matches.end]);
        self.pairs.extend_from_slice(&from.pairs[first as usize..last as usize]);
        self.starts.extend(from.starts[matches.start + 1..=matches.end].iter().map(|start| start - first));
    }
}

/// Squared distance of two positions, every axis clamped to `r + 1` first: exact where it is at most `r * r`,
/// larger than `r * r` elsewhere, never overflowing for radii up to [`MAX_RADIUS_CM`].
#[inline(always)]
pub fn clamped_d2(a: [i32; 3], b: [i32; 3], radius_cm: u32) -> u32 {
    let beyond = radius_cm + 1;
    let dx = a[0].abs_diff(b[0]).min(beyond);
    let dy = a[1].abs_diff(b[1]).min(beyond);
    let dz = a[2].abs_diff(b[2]).min(beyond);
    dx * dx + dy * dy + dz * dz
}

/// Why a detector could not answer. The caller falls back to the CPU, which always can.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The GPU failed or cannot hold the frame.
    #[error("GPU detection failed: {0}")]
    Gpu(String),
    /// More pairs than can be counted.
    #[error("up to {0} pairs of players within reach of each other in one match at one time")]
    TooMany(u64),
    /// The GPU answered something that cannot be.
    #[error("the GPU gave a wrong answer: {0}")]
    Wrong(String),
    /// The GPU's answer is not the CPU's.
    #[error("the GPU found {found} pairs in a frame in which the CPU found {expected}")]
    Disagrees {
        /// Pairs of the GPU.
        found: usize,
        /// Pairs of the CPU.
        expected: usize,
    },
}

/// Finds every pair of one match within a radius.
pub trait Detector: Send {
    /// Short name, for run.json and benches.
    fn name(&self) -> &str;

    /// Starts working on a frame that the next [`Self::detect`] asks for, while the caller does something else. Those
    /// who have nowhere to work meanwhile do nothing.
    ///
    /// # Errors
    /// When the device fails.
    fn start(&mut self, frame: &Frame, radius_cm: u32) -> Result<(), DetectError> {
        let _ = (frame, radius_cm);
        Ok(())
    }

    /// Overwrites `contacts` with the contacts of `frame` at `radius_cm`, at most [`MAX_RADIUS_CM`].
    ///
    /// # Errors
    /// When the device fails; `contacts` is then unspecified.
    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError>;
}
