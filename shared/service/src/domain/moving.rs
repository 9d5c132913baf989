//! Moves of an original between storage classes. One run at a time moves a file, under a lease. A move makes a new version of the object: at
//! every moment the record names a version that is there, and at the end that version is the current one. Until that is seen, `settle_at` says
//! that the bucket may hold others. What was named before is kept for [`KEPT_MS`], because a restored table names it; then the current version is
//! the only one.

use super::record::{FileRecord, Lease, Status, StorageClass};
use super::time::DAY_MS;
use super::transition::{EVENT_OVERDUE_MS, MINUTE_MS, StoredObject};
use super::{Code, Timestamp};

/// A copy that a run began may still appear this long after the run was lost: a function lives for 15 minutes.
const LATE_COPY_MS: i64 = 16 * MINUTE_MS;
/// How long a version is kept that the record does not name any more: point-in-time recovery brings tables back to any moment of the last 35
/// days (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html>), and a restoration takes hours.
const KEPT_MS: i64 = 36 * DAY_MS;

impl FileRecord {
    /// The object is to be moved to `class`: `PROCESSED` files to the cold one, `ARCHIVED` files back. A second request while the move is running
    /// changes nothing.
    ///
    /// # Errors
    /// `already_archived`, `not_archived` or `not_processed`.
    pub fn moving(mut self, class: StorageClass, now: Timestamp) -> Result<Self, Code> {
        match (class, self.status) {
            (StorageClass::InstantRetrieval, Status::Processed)
            | (StorageClass::Standard, Status::Archived) => {}
            (StorageClass::InstantRetrieval, Status::Archived) => {
                return Err(Code::AlreadyArchived);
            }
            (StorageClass::InstantRetrieval, _) => {
                return Err(Code::NotProcessed);
            }
            (StorageClass::Standard, _) => {
                return Err(Code::NotArchived);
            }
            (StorageClass::Unknown, _) => {
                return Err(Code::NotMoving);
            }
        }
        if self.moving_to == Some(class) {
            return Ok(self);
        }
        self.moving_to = Some(class);
        self.due(now.plus(EVENT_OVERDUE_MS));
        Ok(self)
    }

    /// Something else than the version `seen`, which the record names, is the current one: that version is to be copied over it, in the class
    /// it is in.
    ///
    /// # Errors
    /// `not_moving`: the record names another version by now, or a move is under way.
    pub fn covered(mut self, seen: Option<&str>) -> Result<Self, Code> {
        if self.moving_to.is_some() || self.object_version.as_deref() != seen {
            return Err(Code::NotMoving);
        }
        self.moving_to = Some(match self.live_status() {
            Status::Archived => StorageClass::InstantRetrieval,
            _ => StorageClass::Standard,
        });
        Ok(self)
    }

    /// Takes the right to carry out the move that is intended.
    ///
    /// # Errors
    /// `already_moving`: another run holds the lease. `not_moving`: no move is intended.
    pub fn move_claimed(mut self, lease: Lease, now: Timestamp) -> Result<Self, Code> {
        if self.moving_to.is_none() || self.purging {
            return Err(Code::NotMoving);
        }
        if self.is_leased(now) {
            return Err(Code::AlreadyMoving);
        }
        // A run that died may have asked for a copy that is not there yet.
        let settle_at = match self.lease {
            Some(_) => now.plus(LATE_COPY_MS),
            None => now,
        };
        // What is kept is kept anew when this move has been seen settled.
        let waiting = self.settle_at.filter(|_| self.keep_until.is_none());
        self.keep_until = None;
        self.settle_at = waiting.max(Some(settle_at));
        self.due(lease.until);
        self.lease = Some(lease);
        Ok(self)
    }

    /// The run of `holder` copies it in parts, by this upload.
    ///
    /// # Errors
    /// `lease_lost`: another run took over.
    pub fn moved_by(mut self, holder: &str, upload_id: &str) -> Result<Self, Code> {
        self.held_by(holder)?;
        self.move_upload_id = Some(upload_id.to_owned());
        Ok(self)
    }

    /// The move is not to be carried out: nobody wants it any more, or it failed too often. Whatever a run has begun may still appear.
    ///
    /// # Errors
    /// `not_moving`: it has been carried out.
    pub fn not_moved(mut self, now: Timestamp) -> Result<Self, Code> {
        if self.moving_to.is_none() {
            return Err(Code::NotMoving);
        }
        (self.moving_to, self.lease, self.move_upload_id) = (None, None, None);
        let settle_at = now.plus(LATE_COPY_MS);
        (self.settle_at, self.keep_until) = (Some(settle_at), None);
        self.due(settle_at);
        Ok(self)
    }

    /// The run of `holder` failed: another one may try at once. Whether its copy was made is not known.
    ///
    /// # Errors
    /// `lease_lost`: another run took over.
    pub fn move_released(mut self, holder: &str, now: Timestamp) -> Result<Self, Code> {
        self.held_by(holder)?;
        self.lease = None;
        self.settle_at = Some(now.plus(LATE_COPY_MS));
        self.due(now.plus(EVENT_OVERDUE_MS));
        Ok(self)
    }

    /// The object was moved by the run of `holder`: this is its version now. The old version is still there.
    ///
    /// # Errors
    /// `lease_lost`: another run took over. `not_moving`: the file is being purged.
    pub fn moved(
        mut self,
        holder: &str,
        object: &StoredObject,
        now: Timestamp,
    ) -> Result<Self, Code> {
        self.held_by(holder)?;
        let class = self.moving_to.filter(|_| !self.purging);
        let class = class.ok_or(Code::NotMoving)?;
        (self.moving_to, self.lease, self.attempts) = (None, None, 0);
        self.move_upload_id = None;
        self.object_version.clone_from(&object.version);
        // A repair moves files of other statuses too: those keep theirs.
        if matches!(self.live_status(), Status::Processed | Status::Archived) {
            self.set_live_status(match class {
                StorageClass::InstantRetrieval => Status::Archived,
                StorageClass::Standard => Status::Processed,
                StorageClass::Unknown => return Err(Code::NotMoving),
            });
        }
        let settle_at = *self.settle_at.get_or_insert(now);
        self.due(settle_at.max(now.plus(EVENT_OVERDUE_MS)));
        Ok(self)
    }

    /// A copy that no record names could not be removed: maintenance has to.
    #[must_use]
    pub fn astray(mut self, now: Timestamp) -> Self {
        self.settle_at = self.settle_at.max(Some(now));
        self.due(now);
        self
    }

    /// The version `seen`, which the record names, is gone, and `object` has been proven to be the same bytes.
    ///
    /// # Errors
    /// `not_moving`: the record names another version by now.
    pub fn found(mut self, seen: Option<&str>, object: &StoredObject) -> Result<Self, Code> {
        if self.object_version.as_deref() != seen {
            return Err(Code::NotMoving);
        }
        self.object_version.clone_from(&object.version);
        self.keep_until = None;
        Ok(self)
    }

    /// Whether versions that it does not name have to stay at `now`.
    #[must_use]
    pub fn keeps_versions(&self, now: Timestamp) -> bool {
        self.keep_until.is_none_or(|until| until > now)
    }

    /// The version `seen` was seen to be the current one, above others that are kept.
    #[must_use]
    pub fn kept(mut self, seen: Option<&str>, now: Timestamp) -> Self {
        if self.moving_to.is_some() || self.object_version.as_deref() != seen {
            return self;
        }
        if let Some(at) = self
            .settle_at
            .filter(|at| *at > now && self.keep_until.is_none())
        {
            self.due(at);
            return self;
        }
        let until = *self.keep_until.get_or_insert(now.plus(KEPT_MS));
        (self.settle_at, self.attempts) = (Some(until), 0);
        self.due(until);
        self
    }

    /// The version `seen` was seen to be the current one and the only one.
    #[must_use]
    pub fn settled(mut self, seen: Option<&str>, now: Timestamp) -> Self {
        let Some(settle_at) = self.settle_at else {
            return self;
        };
        if self.moving_to.is_some() || self.object_version.as_deref() != seen {
            return self;
        }
        if settle_at > now {
            self.due(settle_at);
            return self;
        }
        (self.settle_at, self.keep_until, self.attempts) = (None, None, 0);
        self.rested()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::new_file::tests::record;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const COLD: StorageClass = StorageClass::InstantRetrieval;

    fn lease(holder: &str) -> Lease {
        Lease {
            holder: holder.to_owned(),
            until: NOW.plus(MINUTE_MS),
        }
    }

    fn version(id: &str) -> StoredObject {
        StoredObject {
            version: Some(id.to_owned()),
            size: 1,
        }
    }

    fn claimed(holder: &str) -> FileRecord {
        let mut file = record(Status::Processed);
        file.object_version = Some("v1".to_owned());
        let file = file.moving(COLD, NOW).expect("an intent");
        file.move_claimed(lease(holder), NOW).expect("a lease")
    }

    #[test]
    fn only_one_run_at_a_time_moves_a_file() {
        let file = claimed("a");
        assert_eq!(
            file.clone()
                .move_claimed(lease("b"), NOW.plus(MINUTE_MS - 1)),
            Err(Code::AlreadyMoving)
        );
        let later = NOW.plus(MINUTE_MS);
        let taken_over = file.clone().move_claimed(lease("b"), later).expect("free");
        assert_eq!(taken_over.settle_at, Some(later.plus(LATE_COPY_MS)));
        assert_eq!(
            taken_over.clone().moved("a", &version("v2"), later),
            Err(Code::LeaseLost)
        );
        assert!(taken_over.moved("b", &version("v3"), later).is_ok());
        assert_eq!(
            record(Status::Processed).move_claimed(lease("a"), NOW),
            Err(Code::NotMoving)
        );
    }

    #[test]
    fn a_move_stays_due_until_it_was_seen_settled() {
        let moved = claimed("a").moved("a", &version("v2"), NOW).expect("moved");
        assert_eq!(moved.status, Status::Archived);
        assert!(moved.due_at.is_some() && moved.settle_at.is_some());
        let seen_before = moved.clone().settled(Some("v1"), NOW);
        assert_eq!(seen_before, moved, "it is the other version that was seen");
        let settled = moved.settled(Some("v2"), NOW);
        assert_eq!((settled.due_at, settled.settle_at), (None, None));
    }

    #[test]
    fn after_a_run_that_was_lost_its_late_copy_is_waited_for() {
        let released = claimed("a").move_released("a", NOW).expect("released");
        let again = released.move_claimed(lease("b"), NOW).expect("free");
        let moved = again.moved("b", &version("v3"), NOW).expect("moved");
        let late = NOW.plus(LATE_COPY_MS);
        let waiting = moved.settled(Some("v3"), NOW);
        assert_eq!(
            (waiting.due_at, waiting.settle_at),
            (Some(late), Some(late))
        );
        assert_eq!(waiting.settled(Some("v3"), late).due_at, None);
    }

    #[test]
    fn a_move_under_way_goes_on_in_the_trash_but_not_in_a_purge() {
        let deleted = claimed("a").deleted(1, NOW, NOW.plus(1)).expect("deleted");
        let moved = deleted.clone().moved("a", &version("v2"), NOW);
        let moved = moved.expect("moved");
        assert_eq!(moved.due_at, deleted.due_at, "the day of the purge stays");
        assert_eq!(moved.restored(NOW).expect("back").status, Status::Archived);
        let purged = deleted.purged().expect("purged");
        assert_eq!(purged.moved("a", &version("v2"), NOW), Err(Code::NotMoving));
    }

    #[test]
    fn a_repair_keeps_the_status_and_gives_way_to_whoever_was_faster() {
        for (status, class) in [
            (Status::Processed, StorageClass::Standard),
            (Status::Failed, StorageClass::Standard),
            (Status::Archived, COLD),
        ] {
            let mut file = record(status);
            file.object_version = Some("v1".to_owned());
            assert_eq!(file.clone().covered(Some("v0")), Err(Code::NotMoving));
            let found = file.clone().found(Some("v0"), &version("v9"));
            assert_eq!(found, Err(Code::NotMoving));
            let covered = file.covered(Some("v1")).expect("an intent");
            assert_eq!(covered.moving_to, Some(class));
            let claimed = covered.move_claimed(lease("a"), NOW).expect("a lease");
            let moved = claimed.moved("a", &version("v2"), NOW).expect("moved");
            assert_eq!(moved.status, status);
        }
    }
}
