//! Users as a warm function has read them a moment ago, so that a request need not read the row of whoever asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::Who;
use crate::domain::Timestamp;
use crate::domain::user::User;

/// How long a row counts. Somebody who was disabled is refused within a minute, and the rest of it is for the read itself.
const FRESH_MS: i64 = 50 * 1000;
/// Users at once: more than a function meets in a minute.
const MOST: usize = 2000;

/// What is known of some users.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<HashMap<Who, (User, Timestamp)>>>);

/// What is known of one.
#[derive(Debug)]
pub(super) enum Known {
    /// All that there is to know.
    Now(Box<User>),
    /// Which id is theirs, which never changes.
    Id(i64),
    Nothing,
}

impl Kept {
    pub(super) fn find(&self, who: &Who, now: Timestamp) -> Known {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(who) {
            Some((user, read)) if is_fresh(*read, now) => Known::Now(Box::new(user.clone())),
            Some((user, _)) => Known::Id(user.id),
            None => Known::Nothing,
        }
    }

    pub(super) fn keep(&self, who: Who, user: User, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (_, read)| is_fresh(*read, now));
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(who, (user, now));
    }

    /// Reads a user's row again when they come next.
    pub(super) fn forget(&self, id: i64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (user, _)| user.id != id);
    }
}

/// A clock that was set back makes nothing fresh.
fn is_fresh(read: Timestamp, now: Timestamp) -> bool {
    (0..FRESH_MS).contains(&(now.0 - read.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserId;
    use crate::domain::user::Told;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn who(id: u64) -> Who {
        Who::Numbered(UserId::from_number(id).expect("an id"))
    }

    fn is_known(kept: &Kept, id: u64, at: Timestamp) -> bool {
        matches!(kept.find(&who(id), at), Known::Now(_))
    }

    #[test]
    fn a_row_counts_for_less_than_a_minute_and_not_before_it_was_read() {
        let kept = Kept::default();
        kept.keep(who(5), User::new(5, Told::default(), NOW), NOW);
        assert!(is_known(&kept, 5, NOW.plus(FRESH_MS - 1)));
        assert!(!is_known(&kept, 5, NOW.plus(FRESH_MS)));
        assert!(!is_known(&kept, 5, NOW.plus(-1)));
        assert!(matches!(
            kept.find(&who(5), NOW.plus(FRESH_MS)),
            Known::Id(5)
        ));
        kept.forget(5);
        assert!(matches!(kept.find(&who(5), NOW), Known::Nothing));
    }

    #[test]
    fn no_more_users_are_kept_than_memory_is_meant_for() {
        let kept = Kept::default();
        for id in 1..=2 * MOST as u64 {
            let user = User::new(5, Told::default(), NOW);
            kept.keep(
                who(id),
                user,
                NOW.plus(i64::try_from(id).expect("small") * 100),
            );
        }
        assert!(kept.0.lock().expect("a lock").len() <= MOST);
        let last = 2 * MOST as u64;
        assert!(is_known(
            &kept,
            last,
            NOW.plus(i64::try_from(last).expect("small") * 100)
        ));
    }
}
