//! What a filter lets through is said twice: `Filter::matches` decides about a record, and DynamoDB selects the rows of an index. Over drawn rows
//! and filters both must say the same, otherwise a list shows too little, or a total that is not the list's.

use proptest::prelude::*;
use proptest::sample::select;
use service::db::records;
use service::db::source::Source;
use service::domain::{
    FileId, FileRecord, FileType, Filter, ListRequest, NewFile, PatientId, Status, text,
};

use crate::harness::TestStack;
use crate::harness::client::caller;
use crate::harness::property::holds;

/// Draws the rows and filters.
const SEED: [u8; 32] = *b"a row of the index is a record..";
/// Tables of one run, the rows of each, and the lists that are read of each.
const TABLES: u32 = 3;
const ROWS: usize = 40;
const LISTS: usize = 80;

const NAMES: [&str; 5] = [
    "chest.dcm",
    "胸部 Chest.DCM",
    "100%_of*.tif",
    "Straße Ä.jpg",
    "a.png",
];
const DESCRIPTIONS: [&str; 3] = ["Follow-up", "chest\nＡＢＣ", "%_*"];
const SEARCHES: [&str; 12] = [
    "CHEST",
    "胸部",
    "%",
    "_of*",
    "strasse",
    "abc",
    "follow",
    "chestt",
    "",
    " ",
    "dcm CHEST",
    "abc  胸部",
];
const MODALITIES: [&str; 3] = ["CT", "MR", "HOUSEMADE"];
const PATIENTS: [&str; 2] = ["P-1", "77"];

/// The lists that there are.
#[derive(Clone, Copy, Debug)]
enum List {
    Owner,
    Trash,
    Patient,
    Modality,
    Everything,
}

/// The rows of a table, and what is asked of it.
#[derive(Clone, Debug)]
struct Case {
    files: Vec<FileRecord>,
    lists: Vec<(List, Filter)>,
}

#[test]
fn dynamodb_selects_the_rows_whose_records_a_filter_lets_through() {
    holds(&SEED, TABLES, &cases(), &both_agree);
}

async fn both_agree(case: &Case) -> Result<(), String> {
    let stack = TestStack::start().await;
    let database = stack.database();
    for file in &case.files {
        let row = records::file_to_item(file).expect("a row");
        let put = database.put_item().table_name("filmroom-FilesTable");
        put.set_item(Some(row)).send().await.expect("a row");
    }
    for (list, filter) in &case.lists {
        let expected = case.expected(*list, filter);
        let (shown, total) = read(&stack, *list, filter).await;
        // Rows count for the total, and what is shown of them has passed `matches` too: together they say which rows were selected.
        if shown != expected || total != Some(expected.len() as u64) {
            return Err(format!(
                "{list:?} {filter:?}: expected {expected:?}, not {shown:?} of {total:?}"
            ));
        }
    }
    Ok(())
}

async fn read(stack: &TestStack, list: List, filter: &Filter) -> (Vec<FileId>, Option<u64>) {
    let source = match list {
        List::Owner => Source::owner(1),
        List::Trash => Source::trash(1),
        List::Patient => Source::patient(PATIENTS[0]),
        List::Modality => Source::modality(MODALITIES[0]),
        List::Everything => Source::everything(),
    };
    let caller = caller(1, true);
    let request = ListRequest {
        filter: filter.clone(),
        page: 1,
        page_size: 100,
        cursor: None,
        include_total: true,
    };
    let page = stack.stack.app.files.list(&caller, &source, &request);
    let page = page.await.expect("a page");
    let shown = page.files.iter().map(|file| file.id).collect();
    (shown, page.total)
}

impl Case {
    /// The files that are in the list and match, newest first.
    fn expected(&self, list: List, filter: &Filter) -> Vec<FileId> {
        let patient = |file: &FileRecord| {
            let patient = file.patient_id.as_ref().map(PatientId::as_str);
            patient == Some(PATIENTS[0])
        };
        let in_list = |file: &&FileRecord| match list {
            List::Owner | List::Trash => file.uploaded_by == 1,
            List::Patient => patient(file),
            List::Modality => file.modality.as_deref() == Some(MODALITIES[0]),
            List::Everything => true,
        };
        let is_trash = matches!(list, List::Trash);
        let mut ids: Vec<FileId> = self
            .files
            .iter()
            .filter(in_list)
            .filter(|file| file.is_deleted() == is_trash && filter.matches(file))
            .map(|file| file.id)
            .collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let files = prop::collection::vec(file(), 1..ROWS).prop_map(|mut files| {
        for (place, file) in (1..).zip(&mut files) {
            file.id = id(place * 7);
        }
        files
    });
    let lists = prop::collection::vec(list(), LISTS);
    (files, lists).prop_map(|(files, lists)| Case { files, lists })
}

fn file() -> impl Strategy<Value = FileRecord> {
    let facts = (
        select(&FileType::ALL),
        select(&Status::ALL),
        prop::option::of(select(&MODALITIES)),
        1..3_i64,
        prop::option::of(select(&PATIENTS)),
        select(&NAMES),
        prop::option::of(select(&DESCRIPTIONS)),
    );
    facts.prop_map(
        |(kind, status, modality, owner, patient, name, description)| {
            let new = NewFile {
                id: FileId::FIRST,
                file_uuid: "7d444840-9dc0-11d1-b245-5ffdce74fad2".to_owned(),
                uploaded_by: owner,
                uploader_name: "One".to_owned(),
                original_filename: name.to_owned(),
                file_type: kind,
                mime_type: "image/png".to_owned(),
                file_size: 100,
            };
            FileRecord {
                status,
                modality: modality.map(str::to_owned),
                patient_id: patient.map(|patient| PatientId::parse(patient).expect("a patient")),
                description: description.map(str::to_owned),
                ..new.into_record()
            }
        },
    )
}

/// A list, and a filter that a caller can ask it for. Every filter has a first id, because no counter knows the total of such a filter: so the rows
/// are counted.
fn list() -> impl Strategy<Value = (List, Filter)> {
    let list = select(&[
        List::Owner,
        List::Trash,
        List::Patient,
        List::Modality,
        List::Everything,
    ]);
    let place = 0..(7 * ROWS as u64);
    let filter = (
        prop::option::weighted(0.3, select(&FileType::ALL)),
        prop::option::weighted(0.3, select(&Status::ALL)),
        prop::option::weighted(0.3, select(&MODALITIES)),
        prop::option::weighted(0.3, 1..3_i64),
        prop::option::weighted(0.3, place.clone()),
        prop::option::weighted(0.3, place),
        prop::option::weighted(0.4, select(&SEARCHES)),
    );
    (list, filter).prop_map(|(list, filter)| {
        let (file_type, status, modality, uploaded_by, from, to, search) = filter;
        let filter = Filter {
            file_type,
            status,
            // The partitions of a modality, and of an owner, are chosen by the filter that is asked for.
            modality: match list {
                List::Modality => Some(MODALITIES[0].to_owned()),
                List::Everything => None,
                _ => modality.map(str::to_owned),
            },
            uploaded_by: uploaded_by.filter(|_| matches!(list, List::Patient)),
            from: Some(from.map_or(FileId::FIRST, id)),
            to: to.map(id),
            search: search.map(text::fold),
        };
        (list, filter)
    })
}

fn id(number: u64) -> FileId {
    FileId::from_number(number).unwrap_or(FileId::FIRST)
}
