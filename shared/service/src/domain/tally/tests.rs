//! What changes make of a tally, and what a tally says.

use super::*;
use crate::domain::header::Header;
use crate::domain::new_file::tests::record;
use crate::domain::{Dicom, FileRecord, Status, Warning, WarningCode, schema};

fn study(number: u64) -> Option<StudyId> {
    StudyId::from_number(number)
}

fn series(number: u64) -> Option<SeriesId> {
    SeriesId::from_number(number)
}

/// A slice of study 7, series 9.
fn slice(id: u64) -> FileRecord {
    let mut file = record(Status::Processed);
    file.id = FileId::from_number(id).expect("an id");
    file.modality = Some("CT".to_owned());
    file.body_part = Some("CHEST".to_owned());
    file.file_size = 100;
    file.thumbnail_path = Some(format!("thumbnails/{id}/a.jpg"));
    file.dicom = Some(Dicom {
        patient_id: Some("P-0001".to_owned()),
        patient_name: Some("Zhang^San".to_owned()),
        instance_number: i64::try_from(id).ok(),
        ..Dicom::default()
    });
    file.header = Some(Header {
        study_date: Some("2026-01-05".to_owned()),
        study_time: Some("14:30:22".to_owned()),
        study_description: Some("CT CHEST".to_owned()),
        accession_number: Some("A-1".to_owned()),
        patient_sex: Some("F".to_owned()),
        patient_birth_date: Some("1970-12-31".to_owned()),
        series_number: Some(2),
        series_description: Some("Lung".to_owned()),
        ..Header::default()
    });
    file.belong_to(study(7), series(9));
    file
}

fn tally(files: &[FileRecord]) -> Tally {
    let mut tally = Tally::default();
    for file in files {
        for step in steps(None, Some(file)) {
            tally.take(&step);
        }
    }
    tally
}

type Change = fn(&mut FileRecord);

/// Every way in which a file changes what its study says, and some that change nothing.
const CHANGES: [(&str, Change); 16] = [
    ("nothing", |_| ()),
    ("a status", |file| file.status = Status::Archived),
    ("a name", |file| file.original_filename = "b".to_owned()),
    ("the trash", |file| file.status = Status::Deleted),
    ("a purge", |file| file.purging = true),
    ("another study", |file| file.belong_to(study(8), None)),
    ("another series", |file| {
        file.belong_to(study(7), series(10));
    }),
    ("no study", |file| file.belong_to(None, None)),
    ("a modality", |file| file.modality = Some("MR".to_owned())),
    ("no body part", |file| file.body_part = None),
    ("a size", |file| file.file_size = 7),
    ("a patient", |file| {
        file.patient_id = crate::domain::PatientId::from_number(10);
    }),
    ("a warning", |file| {
        file.warnings = vec![Warning::new(WarningCode::PatientMismatch, "x")];
    }),
    ("a picture", |file| {
        file.thumbnail_path = Some("b.jpg".to_owned());
    }),
    ("no picture", |file| file.thumbnail_path = None),
    ("no header", |file| (file.header, file.dicom) = (None, None)),
];

#[test]
fn a_sum_of_changes_is_a_recount() {
    for (name, change) in CHANGES {
        let before = slice(3);
        let mut after = before.clone();
        change(&mut after);
        let others = [slice(1), slice(2), slice(4)];
        for (there, back) in [
            (Some(&after), Some(&before)),
            (None, None),
            (Some(&after), None),
        ] {
            let path = [(None, Some(&before)), (Some(&before), there), (there, back)];
            let mut studies = BTreeMap::<(StudyId, Option<SeriesId>), Tally>::new();
            let taken = path.iter().flat_map(|(from, to)| steps(*from, *to));
            let added = others.iter().flat_map(|other| steps(None, Some(other)));
            for step in taken.chain(added) {
                let tally = studies.entry((step.study, step.series)).or_default();
                tally.take(&step);
            }
            let mut live: Vec<FileRecord> = others.to_vec();
            live.extend(back.cloned());
            for (of, found) in studies {
                let own = |file: &&FileRecord| (file.study(), file.series()) == (Some(of.0), of.1);
                let own: Vec<FileRecord> = live.iter().filter(own).cloned().collect();
                assert_eq!(found, tally(&own), "{name}: {of:?}");
            }
        }
    }
}

#[test]
fn what_an_older_version_wrote_is_counted_when_it_is_written_next() {
    let old = FileRecord {
        schema: schema::BEFORE_STUDIES,
        ..slice(1)
    };
    let [step] = &steps(Some(&old), Some(&old))[..] else {
        panic!("it is counted");
    };
    assert_eq!(step.files, 1);
    assert!(steps(Some(&old), None).is_empty(), "it goes uncounted");
    let trashed = FileRecord {
        status: Status::Deleted,
        ..old.clone()
    };
    assert!(steps(Some(&old), Some(&trashed)).is_empty());
}

#[test]
fn most_files_decide_and_of_equally_many_the_first_in_the_alphabet() {
    let named = |id: u64, name: &str| {
        let mut file = slice(id);
        let dicom = file.dicom.get_or_insert_default();
        dicom.patient_name = Some(name.to_owned());
        file
    };
    let most = |files: &[FileRecord]| {
        let tally = tally(files);
        let patient = tally.most(facet::HEADER_PATIENT).map(HeaderPatient::read);
        patient.expect("a patient").name.expect("a name")
    };
    let files = [named(1, "B"), named(2, "A"), named(3, "C"), named(4, "B")];
    assert_eq!(most(&files), "B");
    assert_eq!(most(&files[..3]), "A");
    let all = HeaderPatient::of(&slice(1)).expect("a patient");
    assert_eq!(HeaderPatient::read(&all.to_text()), all);
    let bare = HeaderPatient {
        sex: Some("M".to_owned()),
        ..HeaderPatient::default()
    };
    assert_eq!(HeaderPatient::read(&bare.to_text()), bare);
}

#[test]
fn a_study_and_its_series_take_what_concerns_them() {
    let steps = steps(None, Some(&slice(1)));
    let kinds = |step: &Step| -> String {
        let kinds = step.facets.keys().filter_map(|name| name.chars().next());
        kinds.collect()
    };
    assert_eq!(kinds(&steps[0].of_study()), "abdhmst");
    assert_eq!(kinds(&steps[0].of_series()), "NSm");
}

#[test]
fn a_tally_has_an_end_whatever_headers_say() {
    let described = |id: u64| {
        let mut file = slice(id);
        let header = file.header.get_or_insert_default();
        header.study_description = Some(format!("description {id}"));
        file
    };
    let files: Vec<FileRecord> = (1..1000).map(described).collect();
    let mut sum = tally(&files);
    assert!(sum.facets.len() <= MOST_FACETS + 1, "{}", sum.facets.len());
    assert_eq!(sum.pictures.len(), MOST_PICTURES);
    for file in files.iter().rev() {
        for step in steps(Some(file), None) {
            sum.take(&step);
        }
    }
    assert_eq!(sum, Tally::default());
}

#[test]
fn a_sum_that_was_thinned_out_makes_the_same_tally() {
    let there: Vec<FileRecord> = (1..=20).map(slice).collect();
    let mut sum = Step {
        files: 0,
        bytes: 0,
        facets: BTreeMap::new(),
        pictures: Vec::new(),
        ..steps(None, Some(&slice(1))).remove(0)
    };
    for id in 21..=60 {
        sum.add(steps(None, Some(&slice(id))).remove(0));
    }
    for file in there.iter().step_by(2) {
        sum.add(steps(Some(file), None).remove(0));
    }
    let mut thin = sum.clone();
    thin.thin_out();
    assert_eq!(thin.pictures.len(), MOST_PICTURES + 10);
    let mut tallies = [tally(&there), tally(&there)];
    tallies[0].take(&sum);
    tallies[1].take(&thin);
    assert_eq!(tallies[0], tallies[1]);
}

#[test]
fn the_picture_is_one_of_the_middle_and_of_a_file_that_is_there() {
    let files: Vec<FileRecord> = (1..=100).map(slice).collect();
    let mut sum = tally(&files);
    let reversed: Vec<FileRecord> = files.iter().rev().cloned().collect();
    assert_eq!(sum.picture(), tally(&reversed).picture());
    let shown = sum.picture().expect("a picture").to_owned();
    for step in steps(
        files
            .iter()
            .find(|file| file.thumbnail_path.as_ref() == Some(&shown)),
        None,
    ) {
        sum.take(&step);
    }
    assert_ne!(sum.picture(), Some(shown.as_str()));
    assert!(sum.picture().is_some());
}
