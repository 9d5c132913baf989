//! Visits of maintenance that brought a file no further: it comes again, later after each, and gives up what can be given up.

use super::record::{FileRecord, Status};
use super::transition::MINUTE_MS;
use super::{FailureCode, Timestamp, time::DAY_MS};

/// The pause after the first visit; each further one is twice as long, up to a day.
const FIRST_PAUSE_MS: i64 = 15 * MINUTE_MS;
/// After this many visits in a row that failed, what can be given up is. They take two days.
pub const MAX_ATTEMPTS: u32 = 8;

/// How long to wait after this many attempts that failed.
#[must_use]
pub fn pause_ms(attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(7);
    (FIRST_PAUSE_MS << doublings).min(DAY_MS)
}

impl FileRecord {
    /// A visit begins. It is counted now, because a run that dies counts nothing.
    #[must_use]
    pub fn attempted(mut self, now: Timestamp) -> Self {
        self.attempts = self.attempts.saturating_add(1);
        self.put_off(now)
    }

    /// The visit brought it no further.
    #[must_use]
    pub fn put_off(mut self, now: Timestamp) -> Self {
        let at = now.plus(pause_ms(self.attempts));
        if self.purging {
            // Nobody sees the day of its purge any more.
            self.due_at = Some(at);
        } else {
            self.due(at);
        }
        self
    }

    /// What a visit that failed leaves: after too many of them a file that cannot be processed is FAILED, and an original that cannot be moved stays
    /// where it is. A purge, and the search for bytes, go on for ever, once a day.
    #[must_use]
    pub fn failed_visit(self, now: Timestamp) -> Self {
        let mut file = self.put_off(now);
        if file.attempts < MAX_ATTEMPTS || file.purging || file.is_leased(now) {
            return file;
        }
        if matches!(file.live_status(), Status::Uploaded | Status::Processing) {
            file.set_live_status(Status::Failed);
            file.status_reason = Some(FailureCode::ProcessingFailed.into());
            (file.lease, file.attempts) = (None, 0);
            return file.rested();
        }
        file.clone().not_moved(now).unwrap_or(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::new_file::tests::record;
    use crate::domain::record::StorageClass;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn pauses_double_from_a_quarter_of_an_hour_to_a_day() {
        let minutes = (1..=9).map(|attempts| pause_ms(attempts) / MINUTE_MS);
        let expected = [15, 30, 60, 120, 240, 480, 960, 1440, 1440];
        assert_eq!(minutes.collect::<Vec<_>>(), expected);
    }

    fn after(mut file: FileRecord, visits: u32) -> FileRecord {
        for _ in 0..visits {
            file = file.attempted(NOW).failed_visit(NOW);
        }
        file
    }

    #[test]
    fn after_eight_visits_what_cannot_be_processed_is_failed_and_never_before() {
        for status in [Status::Uploaded, Status::Processing] {
            let file = after(record(status), MAX_ATTEMPTS - 1);
            assert_eq!(file.status, status);
            assert!(file.due_at.is_some());
            let file = after(record(status), MAX_ATTEMPTS);
            assert_eq!(file.status, Status::Failed);
            let code = file
                .status_reason
                .as_ref()
                .map(|reason| reason.code.as_str());
            assert_eq!(code, Some("processing_failed"));
            assert_eq!((file.due_at, file.attempts), (None, 0));
        }
    }

    #[test]
    fn after_eight_visits_a_move_is_given_up_and_what_it_left_is_settled() {
        let mut file = record(Status::Processed);
        file.moving_to = Some(StorageClass::InstantRetrieval);
        assert!(after(file.clone(), MAX_ATTEMPTS - 1).moving_to.is_some());
        let file = after(file, MAX_ATTEMPTS);
        assert_eq!((file.status, file.moving_to), (Status::Processed, None));
        assert!(file.settle_at.is_some() && file.due_at == file.settle_at);
    }

    #[test]
    fn a_purge_is_tried_for_ever_and_a_file_in_the_trash_keeps_its_day() {
        let deleted = record(Status::Uploaded).deleted(1, NOW, NOW.plus(7));
        let deleted = deleted.expect("deleted");
        let kept = deleted.clone().attempted(NOW);
        assert_eq!(kept.due_at, deleted.due_at);
        let purged = deleted.purged().expect("purged");
        let file = after(purged, 100);
        assert_eq!(file.due_at, Some(NOW.plus(DAY_MS)));
        assert!(file.purging && file.status == Status::Deleted);
    }
}
