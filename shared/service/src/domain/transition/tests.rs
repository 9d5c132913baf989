//! What may happen to a file, as tables: a row is a transition, a column is the state the file is in, and a cell is what becomes of it.
//!
//! A status means that the record changed and has this status now, in brackets if the file is in the trash. `same`: the record stays as it is.
//! `gone`: the record changed and nobody sees the file any more. Anything else is the code that the transition refuses with.

use super::*;
use crate::domain::new_file::tests::record;
use crate::domain::record::StorageClass;
use crate::domain::{FileId, FileType};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const LEASE_MS: i64 = MINUTE_MS;
const LATER: Timestamp = NOW.plus(LEASE_MS);
const COLD: StorageClass = StorageClass::InstantRetrieval;
const STANDARD: StorageClass = StorageClass::Standard;

type Transition = fn(FileRecord) -> Result<FileRecord, Code>;

/// Every transition by the name that the tables give it. `run` holds the lease of a file that is processed or moved, until [`LATER`].
const TRANSITIONS: &[(&str, Transition)] = &[
    ("uploaded", |file| Ok(file.uploaded(&object("v1"), NOW))),
    ("with_chunks", |file| Ok(file.with_chunks(vec![1, 2]))),
    ("kept_alive", |file| Ok(file.kept_alive(LATER.plus(DAY_MS)))),
    ("carried_by_another", |file| Ok(file.carried_by("upload 2"))),
    ("claimed", |file| {
        file.claimed(&object("v1"), lease("run 2", NOW), NOW)
    }),
    ("claimed_later", |file| {
        file.claimed(&object("v1"), lease("run 2", LATER), LATER)
    }),
    ("renewed", |file| file.renewed("run", LATER.plus(LEASE_MS))),
    ("renewed_by_another", |file| file.renewed("run 2", LATER)),
    ("released", |file| file.released("run", NOW)),
    ("released_by_another", |file| file.released("run 2", NOW)),
    ("processed", |file| file.processed("run", findings(None))),
    ("processed_in_vain", |file| {
        file.processed("run", findings(Some(FailureCode::NotAnImage)))
    }),
    ("processed_by_another", |file| {
        file.processed("run 2", findings(None))
    }),
    ("abandoned", FileRecord::abandoned),
    ("rested", |file| Ok(file.rested())),
    ("postponed", |file| Ok(file.postponed(LATER.plus(DAY_MS)))),
    ("archive", |file| file.moving(COLD, NOW)),
    ("unarchive", |file| file.moving(STANDARD, NOW)),
    ("covered", |file| file.covered(Some("v1"))),
    ("move_claimed", |file| {
        file.move_claimed(lease("run 2", NOW), NOW)
    }),
    ("move_claimed_later", |file| {
        file.move_claimed(lease("run 2", LATER), LATER)
    }),
    ("move_released", |file| file.move_released("run", NOW)),
    ("move_released_by_another", |file| {
        file.move_released("run 2", NOW)
    }),
    ("moved", |file| file.moved("run", &object("v2"), NOW)),
    ("moved_by_another", |file| {
        file.moved("run 2", &object("v2"), NOW)
    }),
    ("astray", |file| Ok(file.astray(NOW))),
    ("found", |file| file.found(Some("v1"), &object("v9"))),
    ("settled", |file| Ok(file.settled(Some("v2"), NOW))),
    ("settled_by_an_old_look", |file| {
        Ok(file.settled(Some("v1"), NOW))
    }),
    ("deleted", |file| file.deleted(1, NOW, NOW.plus(DAY_MS))),
    ("restored", |file| file.restored(NOW)),
    ("purged", FileRecord::purged),
    ("ended", |file| file.ended(1, NOW)),
];

#[test]
fn a_file_outside_the_trash() {
    holds(
        statuses,
        "
                           UPLOADING        UPLOADED         PROCESSING         PROCESSED          FAILED             ARCHIVED
uploaded                   UPLOADED         same             same               same               same               same
with_chunks                UPLOADING        same             same               same               same               same
kept_alive                 UPLOADING        same             same               same               same               same
carried_by_another         UPLOADING        same             same               same               same               same
claimed                    PROCESSING       PROCESSING       already_claimed    already_processed  already_processed  already_processed
claimed_later              PROCESSING       PROCESSING       PROCESSING         already_processed  already_processed  already_processed
renewed                    lease_lost       lease_lost       PROCESSING         lease_lost         lease_lost         lease_lost
renewed_by_another         lease_lost       lease_lost       lease_lost         lease_lost         lease_lost         lease_lost
released                   lease_lost       lease_lost       PROCESSING         lease_lost         lease_lost         lease_lost
released_by_another        lease_lost       lease_lost       lease_lost         lease_lost         lease_lost         lease_lost
processed                  lease_lost       lease_lost       PROCESSED          lease_lost         lease_lost         lease_lost
processed_in_vain          lease_lost       lease_lost       FAILED             lease_lost         lease_lost         lease_lost
processed_by_another       lease_lost       lease_lost       lease_lost         lease_lost         lease_lost         lease_lost
abandoned                  FAILED           not_uploading    not_uploading      not_uploading      not_uploading      not_uploading
rested                     UPLOADING        UPLOADED         PROCESSING         same               same               same
postponed                  UPLOADING        UPLOADED         PROCESSING         PROCESSED          FAILED             ARCHIVED
archive                    not_processed    not_processed    not_processed      PROCESSED          not_processed      already_archived
unarchive                  not_archived     not_archived     not_archived       not_archived       not_archived       ARCHIVED
move_claimed               not_moving       not_moving       not_moving         not_moving         not_moving         not_moving
moved                      lease_lost       lease_lost       not_moving         lease_lost         lease_lost         lease_lost
deleted                    (UPLOADING)      (UPLOADED)       (PROCESSING)       (PROCESSED)        (FAILED)           (ARCHIVED)
restored                   not_deleted      not_deleted      not_deleted        not_deleted        not_deleted        not_deleted
purged                     not_deleted      not_deleted      not_deleted        not_deleted        not_deleted        not_deleted
ended                      gone             already_uploaded already_uploaded   already_uploaded   already_uploaded   already_uploaded
",
    );
}

/// What was on its way when somebody deleted the file goes on, so that it can come back as if it had never been away.
#[test]
fn a_file_in_the_trash() {
    holds(
        in_the_trash,
        "
                           UPLOADING        UPLOADED         PROCESSING         PROCESSED          FAILED             ARCHIVED
uploaded                   (UPLOADED)       same             same               same               same               same
with_chunks                (UPLOADING)      same             same               same               same               same
kept_alive                 (UPLOADING)      same             same               same               same               same
carried_by_another         (UPLOADING)      same             same               same               same               same
claimed                    (PROCESSING)     (PROCESSING)     already_claimed    already_processed  already_processed  already_processed
claimed_later              (PROCESSING)     (PROCESSING)     (PROCESSING)       already_processed  already_processed  already_processed
renewed                    lease_lost       lease_lost       (PROCESSING)       lease_lost         lease_lost         lease_lost
renewed_by_another         lease_lost       lease_lost       lease_lost         lease_lost         lease_lost         lease_lost
released                   lease_lost       lease_lost       (PROCESSING)       lease_lost         lease_lost         lease_lost
released_by_another        lease_lost       lease_lost       lease_lost         lease_lost         lease_lost         lease_lost
processed                  lease_lost       lease_lost       (PROCESSED)        lease_lost         lease_lost         lease_lost
processed_in_vain          lease_lost       lease_lost       (FAILED)           lease_lost         lease_lost         lease_lost
processed_by_another       lease_lost       lease_lost       lease_lost         lease_lost         lease_lost         lease_lost
abandoned                  (FAILED)         not_uploading    not_uploading      not_uploading      not_uploading      not_uploading
rested                     same             same             same               same               same               same
postponed                  same             same             same               same               same               same
archive                    not_processed    not_processed    not_processed      not_processed      not_processed      not_processed
unarchive                  not_archived     not_archived     not_archived       not_archived       not_archived       not_archived
deleted                    already_deleted  already_deleted  already_deleted    already_deleted    already_deleted    already_deleted
restored                   UPLOADING        UPLOADED         PROCESSING         PROCESSED          FAILED             ARCHIVED
purged                     gone             gone             gone               gone               gone               gone
ended                      already_uploaded already_uploaded already_uploaded   already_uploaded   already_uploaded   already_uploaded
",
    );
}

#[test]
fn a_file_whose_purge_has_begun() {
    holds(
        being_purged,
        "
                           UPLOADING         UPLOADED          PROCESSING        PROCESSED         FAILED            ARCHIVED
claimed                    already_processed already_processed already_processed already_processed already_processed already_processed
claimed_later              already_processed already_processed already_processed already_processed already_processed already_processed
processed                  lease_lost        lease_lost        lease_lost        lease_lost        lease_lost        lease_lost
archive                    not_processed     not_processed     not_processed     not_processed     not_processed     not_processed
unarchive                  not_archived      not_archived      not_archived      not_archived      not_archived      not_archived
move_claimed               not_moving        not_moving        not_moving        not_moving        not_moving        not_moving
moved                      lease_lost        lease_lost        not_moving        lease_lost        lease_lost        lease_lost
deleted                    already_deleted   already_deleted   already_deleted   already_deleted   already_deleted   already_deleted
restored                   not_deleted       not_deleted       not_deleted       not_deleted       not_deleted       not_deleted
purged                     same              same              same              same              same              same
ended                      already_uploaded  already_uploaded  already_uploaded  already_uploaded  already_uploaded  already_uploaded
",
    );
}

/// A processed file on its way to the archive. `UNSETTLED`: the copy is made and recorded, the old version is still in the bucket.
#[test]
fn a_file_that_is_moved() {
    let states = || {
        let intended = at(Status::Processed).moving(COLD, NOW).expect("intended");
        let moving = intended.clone().move_claimed(lease("run", NOW), NOW);
        let moving = moving.expect("claimed");
        let unsettled = moving.clone().moved("run", &object("v2"), NOW);
        [
            ("PROCESSED", at(Status::Processed)),
            ("INTENDED", intended),
            ("MOVING", moving),
            ("UNSETTLED", unsettled.expect("moved")),
        ]
        .into()
    };
    holds(
        states,
        "
                           PROCESSED          INTENDED           MOVING             UNSETTLED
archive                    PROCESSED          same               same               already_archived
unarchive                  not_archived       not_archived       not_archived       ARCHIVED
move_claimed               not_moving         PROCESSED          already_moving     not_moving
move_claimed_later         not_moving         PROCESSED          PROCESSED          not_moving
renewed                    lease_lost         lease_lost         PROCESSED          lease_lost
move_released              lease_lost         lease_lost         PROCESSED          lease_lost
move_released_by_another   lease_lost         lease_lost         lease_lost         lease_lost
moved                      lease_lost         lease_lost         ARCHIVED           lease_lost
moved_by_another           lease_lost         lease_lost         lease_lost         lease_lost
covered                    PROCESSED          not_moving         not_moving         not_moving
found                      PROCESSED          PROCESSED          PROCESSED          not_moving
settled                    same               same               same               ARCHIVED
settled_by_an_old_look     same               same               same               same
astray                     PROCESSED          PROCESSED          PROCESSED          ARCHIVED
deleted                    (PROCESSED)        (PROCESSED)        (PROCESSED)        (ARCHIVED)
",
    );
}

/// Maintenance finds a file by the day it is due. In the trash that is the day of the purge, and nothing else moves it.
#[test]
fn no_transition_moves_the_day_of_the_purge() {
    for (state, file) in in_the_trash() {
        for (name, transition) in TRANSITIONS {
            if *name == "restored" {
                continue;
            }
            if let Ok(after) = transition(file.clone()) {
                assert_eq!(after.due_at, file.due_at, "{name} of {state}");
            }
        }
    }
}

/// What the version, the times of writing and the adopted version are, only the database says.
#[test]
fn no_transition_touches_what_the_database_writes() {
    for (state, file) in [statuses(), in_the_trash(), being_purged()].concat() {
        for (name, transition) in TRANSITIONS {
            if let Ok(after) = transition(file.clone()) {
                let written = |file: &FileRecord| {
                    (
                        file.id,
                        file.version,
                        file.updated_at,
                        file.schema,
                        file.adopted_version,
                    )
                };
                assert_eq!(written(&after), written(&file), "{name} of {state}");
            }
        }
    }
}

#[test]
fn a_sign_of_life_is_written_every_hour_at_most() {
    let file = at(Status::Uploading).kept_alive(NOW);
    let hour = 60 * MINUTE_MS;
    assert_eq!(file.clone().kept_alive(NOW.plus(hour)), file);
    let alive = file.clone().kept_alive(NOW.plus(hour + 1));
    let end = NOW.plus(hour + 1 + UPLOAD_EXPIRY_MS);
    assert_eq!(
        (alive.expires_at, file.expires_at < Some(end)),
        (Some(end), true)
    );
}

#[test]
fn what_the_caller_said_of_a_file_counts_more_than_its_header() {
    let mut file = at(Status::Processing);
    file.modality = Some("MR".to_owned());
    let header = Findings {
        modality: Some("CT".to_owned()),
        body_part: Some("CHEST".to_owned()),
        study_id: StudyId::from_number(7),
        series_id: SeriesId::from_number(9),
        ..findings(None)
    };
    let processed = |file: FileRecord| file.processed("run", header.clone()).expect("it is held");
    let undecided = processed(file.clone());
    assert_eq!(undecided.modality.as_deref(), Some("MR"));
    assert_eq!(undecided.body_part.as_deref(), Some("CHEST"));
    assert_eq!(
        (undecided.study(), undecided.series()),
        (header.study_id, header.series_id)
    );
    // The header's series belongs to the header's study, and to no other.
    file.belong_to(StudyId::from_number(8), None);
    let of_another_study = processed(file.clone());
    assert_eq!(
        (of_another_study.study(), of_another_study.series()),
        (StudyId::from_number(8), None)
    );
    file.belong_to(header.study_id, None);
    let of_the_same = processed(file);
    assert_eq!(
        (of_the_same.study(), of_the_same.series()),
        (header.study_id, header.series_id)
    );
}

fn object(version: &str) -> StoredObject {
    StoredObject {
        version: Some(version.to_owned()),
        size: 100,
    }
}

fn lease(holder: &str, now: Timestamp) -> Lease {
    Lease {
        holder: holder.to_owned(),
        until: now.plus(LEASE_MS),
    }
}

fn findings(failure: Option<FailureCode>) -> Findings {
    Findings {
        file_hash: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        file_type: FileType::Png,
        mime_type: "image/png".to_owned(),
        dicom: None,
        header: None,
        modality: None,
        body_part: None,
        study_date: None,
        study_id: None,
        series_id: None,
        thumbnail_path: None,
        preview_path: None,
        instance: Some(1),
        duplicate_of: None::<FileId>,
        failure: failure.map(Into::into),
        warnings: Vec::new(),
    }
}

/// A file of this status, as the transitions make it.
fn at(status: Status) -> FileRecord {
    let uploading = record(Status::Uploading);
    let processing = || {
        let claimed = record(Status::Uploading).claimed(&object("v1"), lease("run", NOW), NOW);
        claimed.expect("claimed")
    };
    let processed = |failure| {
        let processed = processing().processed("run", findings(failure));
        processed.expect("processed")
    };
    match status {
        Status::Uploading => uploading,
        Status::Uploaded => uploading.uploaded(&object("v1"), NOW),
        Status::Processing => processing(),
        Status::Processed => processed(None),
        Status::Failed => processed(Some(FailureCode::NotAnImage)),
        Status::Archived => processed(None)
            .moving(COLD, NOW)
            .and_then(|file| file.move_claimed(lease("run", NOW), NOW))
            .and_then(|file| file.moved("run", &object("v1"), NOW))
            .map(|file| file.settled(Some("v1"), NOW))
            .expect("archived"),
        Status::Deleted | Status::Unknown => panic!("no file begins as {status:?}"),
    }
}

type States = Vec<(&'static str, FileRecord)>;

fn statuses() -> States {
    let live = Status::ALL
        .into_iter()
        .filter(|status| *status != Status::Deleted);
    live.map(|status| (status.name(), at(status))).collect()
}

fn in_the_trash() -> States {
    let deleted = |file: FileRecord| {
        file.deleted(1, NOW, NOW.plus(30 * DAY_MS))
            .expect("deleted")
    };
    statuses()
        .into_iter()
        .map(|(name, file)| (name, deleted(file)))
        .collect()
}

fn being_purged() -> States {
    let purged = |file: FileRecord| file.purged().expect("purged");
    in_the_trash()
        .into_iter()
        .map(|(name, file)| (name, purged(file)))
        .collect()
}

/// Checks every cell of `table`: its first line names the states, the others begin with a transition.
fn holds(states: impl FnOnce() -> States, table: &str) {
    let states = states();
    let mut lines = table.lines().filter(|line| !line.is_empty());
    let columns: Vec<&str> = lines
        .next()
        .expect("a heading")
        .split_whitespace()
        .collect();
    assert_eq!(
        columns,
        states.iter().map(|(name, _)| *name).collect::<Vec<_>>()
    );
    for line in lines {
        let (name, cells) = line.split_once(' ').expect("a row");
        let (_, transition) = TRANSITIONS
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("{name} is no transition"));
        let found: Vec<String> = states
            .iter()
            .map(|(_, file)| outcome(file, transition(file.clone())))
            .collect();
        let expected: Vec<&str> = cells.split_whitespace().collect();
        assert_eq!(found, expected, "{name}");
    }
}

fn outcome(before: &FileRecord, after: Result<FileRecord, Code>) -> String {
    match after {
        Err(code) => code.name().to_owned(),
        Ok(after) if after == *before => "same".to_owned(),
        Ok(after) if after.purging => "gone".to_owned(),
        Ok(after) if after.is_deleted() => format!("({})", after.live_status().name()),
        Ok(after) => after.status.name().to_owned(),
    }
}

#[test]
fn a_copy_is_one_of_an_older_file_and_stays_the_one_it_was() {
    let at = |number: u64| FileId::from_number(number).expect("an id");
    let file = FileRecord {
        id: at(100),
        ..record(Status::Processed)
    };
    let (older, newer) = (at(99), at(101));
    assert_eq!(file.clone().copy_of(newer).duplicate_of, None);
    let copy = file.copy_of(older);
    assert_eq!(copy.duplicate_of, Some(older));
    assert_eq!(copy.copy_of(at(1)).duplicate_of, Some(older));
}
