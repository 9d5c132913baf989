//! What each condition of a worklist lets through, and in which order it stands.

use super::*;

fn entry(id: u64, name: &str, date: Option<&str>) -> Entry {
    Entry {
        id: StudyId::from_number(id).expect("an id"),
        version: 1,
        uid: None,
        date: date.map(str::to_owned),
        time: None,
        description: Some("CT Thorax 100%".to_owned()),
        accession: Some("A-17".to_owned()),
        modalities: vec!["CT".to_owned(), "SR".to_owned()],
        parts: Vec::new(),
        patients: vec!["P-0001".to_owned(), "10".to_owned()],
        patient: (!name.is_empty()).then(|| HeaderPatient {
            name: Some(name.to_owned()),
            id: Some("X9".to_owned()),
            ..HeaderPatient::default()
        }),
        series: 1,
        files: 1,
        bytes: 1,
        thumbnail: None,
        warnings: Vec::new(),
        created_at: Timestamp(i64::try_from(id).expect("small")),
        updated_at: Timestamp(0),
    }
}

fn listed(id: u64, name: &str, date: Option<&str>) -> Listed {
    entry(id, name, date).into()
}

fn asked(sort: Sort, narrowed: Narrowed) -> Asked {
    Asked {
        narrowed,
        sort,
        page: 1,
        page_size: 2,
        cursor: None,
    }
}

#[test]
fn every_condition_lets_through_what_fits_it() {
    let study = listed(1, "Zhang^San=张^三", Some("2026-01-05"));
    let bare = listed(2, "", None);
    let search = |text: &str| Narrowed {
        search: Some(text::fold(text)),
        ..Narrowed::default()
    };
    let from = |date: &str| Narrowed {
        from: Some(date.to_owned()),
        ..Narrowed::default()
    };
    let to = |date: &str| Narrowed {
        to: Some(date.to_owned()),
        ..Narrowed::default()
    };
    let modality = |name: &str| Narrowed {
        modality: Some(name.to_owned()),
        ..Narrowed::default()
    };
    let of = |id: &str| Narrowed {
        patient: PatientId::parse(id).ok(),
        ..Narrowed::default()
    };
    let warned = |warnings| Narrowed {
        warnings: Some(warnings),
        ..Narrowed::default()
    };
    for (narrowed, fits) in [
        (Narrowed::default(), true),
        (warned(false), true),
        (warned(true), false),
        (search("thorax"), true),
        (search("100% ct"), true),
        (search("张三"), true),
        (search("san ZHANG x9"), true),
        (search("a-17"), true),
        (search("abdomen"), false),
        (search("17 abdomen"), false),
        (from("2026-01-05"), true),
        (from("2026-01-06"), false),
        (to("2026-01-05"), true),
        (to("2026-01-04"), false),
        (modality("SR"), true),
        (modality("S"), false),
        (of("10"), true),
        (of("1"), false),
    ] {
        assert_eq!(narrowed.matches(&study), fits, "{narrowed:?}");
    }
    for narrowed in [from("1900-01-01"), to("2100-01-01"), search("x9")] {
        assert!(!narrowed.matches(&bare), "{narrowed:?}");
    }
    let mut empty = entry(3, "", None);
    empty.files = 0;
    assert!(!Narrowed::default().matches(&empty.into()));
}

#[test]
fn a_remark_is_no_warning() {
    for (codes, is_warned) in [
        (&["structured_report"][..], false),
        (&["patient_mismatch"], true),
        (&["structured_report", "patient_mismatch"], true),
        (&["of_a_newer_version"], true),
    ] {
        let mut entry = entry(4, "", None);
        entry.warnings = codes.iter().map(|code| ((*code).to_owned(), 1)).collect();
        let listed = Listed::from(entry);
        for asked in [true, false] {
            let narrowed = Narrowed {
                warnings: Some(asked),
                ..Narrowed::default()
            };
            assert_eq!(narrowed.matches(&listed), asked == is_warned, "{codes:?}");
        }
    }
}

#[test]
fn a_text_that_goes_is_noticed_whatever_comes() {
    let full = entry(1, "Zhang^San=张^三", None);
    let with = |change: &dyn Fn(&mut Entry)| {
        let mut other = full.clone();
        change(&mut other);
        other
    };
    let named = |name: Option<&str>| HeaderPatient {
        name: name.map(str::to_owned),
        id: Some("X9".to_owned()),
        birth_date: Some("1970-12-31".to_owned()),
        ..HeaderPatient::default()
    };
    for (after, goes) in [
        (full.clone(), false),
        (with(&|entry| entry.files = 9), false),
        (with(&|entry| entry.thumbnail = Some("a".to_owned())), false),
        (with(&|entry| entry.patients.push("P-7".to_owned())), false),
        (
            with(&|entry| entry.patient = Some(named(Some("Zhang^San=张^三")))),
            false,
        ),
        (with(&|entry| entry.files = 0), true),
        (with(&|entry| entry.patient = None), true),
        (with(&|entry| entry.patient = Some(named(None))), true),
        (
            with(&|entry| entry.patient = Some(named(Some("Li^Si")))),
            true,
        ),
        (with(&|entry| entry.description = None), true),
        (
            with(&|entry| entry.accession = Some("A-18".to_owned())),
            true,
        ),
        (with(&|entry| drop(entry.patients.remove(0))), true),
    ] {
        assert_eq!(full.shows_more_than(&after), goes, "{after:?}");
    }
    assert!(!with(&|entry| entry.files = 0).shows_more_than(&full));
}

#[test]
fn an_order_turns_and_what_has_no_value_stays_last() {
    let studies = [
        listed(1, "B^x", Some("2026-01-05")),
        listed(2, "a^x", None),
        listed(3, "", Some("2026-01-06")),
        listed(4, "C", Some("2026-01-05")),
    ];
    for (by, descending, order) in [
        (By::StudyDate, true, [3, 4, 1, 2]),
        (By::StudyDate, false, [1, 4, 3, 2]),
        (By::CreatedAt, true, [4, 3, 2, 1]),
        (By::CreatedAt, false, [1, 2, 3, 4]),
        (By::PatientName, false, [2, 1, 4, 3]),
        (By::PatientName, true, [4, 1, 2, 3]),
    ] {
        let sort = Sort { by, descending };
        let mut asked = asked(sort, Narrowed::default());
        let ids = |page: &Page| -> Vec<u64> {
            page.entries.iter().map(|entry| entry.id.number()).collect()
        };
        let first = asked.page(studies.iter(), None);
        assert_eq!(
            (first.total, ids(&first)),
            (4, order[..2].to_vec()),
            "{sort:?}"
        );
        let next = asked.page(studies.iter(), first.next.as_ref());
        assert_eq!(ids(&next), order[2..], "{sort:?}");
        assert_eq!(next.next, None);
        asked.page = 2;
        assert_eq!(ids(&asked.page(studies.iter(), None)), order[2..]);
        asked.page = u32::MAX;
        assert_eq!(ids(&asked.page(studies.iter(), None)), Vec::<u64>::new());
    }
}
