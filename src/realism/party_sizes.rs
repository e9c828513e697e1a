//! Who plays alone: sessions whose party no other session has.
//!
//! A party is named by the session of its leader. So a session in the party of another is not alone, and a leader is not
//! if any other session is in the party: parties of one need not be kept.

use std::collections::HashSet;

/// Sessions by whether somebody is with them.
#[derive(Debug, Default)]
pub struct Parties {
    leaders: u64,
    followers: u64,
    followed: HashSet<i64>,
}

impl Parties {
    /// Counts a session.
    pub fn add(&mut self, session: i64, party: i64) {
        if session == party {
            self.leaders += 1;
        } else {
            self.followers += 1;
            self.followed.insert(party);
        }
    }

    /// Sessions that play alone.
    pub fn alone(&self) -> u64 {
        self.leaders.saturating_sub(self.followed.len() as u64)
    }

    /// All sessions.
    pub fn sessions(&self) -> u64 {
        self.leaders + self.followers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leads_nobody_is_alone() {
        let mut parties = Parties::default();
        for (session, party) in [(1, 1), (2, 2), (3, 2), (4, 2), (5, 5)] {
            parties.add(session, party);
        }
        assert_eq!((parties.alone(), parties.sessions()), (2, 5));
    }
}
