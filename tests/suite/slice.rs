//! What the life of one CT slice writes, as the code writes it: rows, partitions and units of each call, from the engine. The model of docs/DATA.md
//! computes and simulates with them: `infra/lab/data_model/slice.json` is what this test finds.

use std::collections::{BTreeMap, BTreeSet};

use functions::events::process_object::Processor;
use imaging::fixtures::{DicomSpec, dicom};
use local::names::BUCKET;
use local::queue::Faults;
use local::template::Template;
use serde_json::{Value, json};
use service::App;
use service::auth::{Caller, RequestInfo};
use service::db::journal::Shard;
use service::domain::{FileId, FileRecord, FileType, NewFile, PatientId};

use crate::harness::TestStack;
use crate::harness::meter::{Call, Calls};
use crate::harness::process::worker;

const OWNER: i64 = 424_242;
/// What somebody sends in a second: 50 changes in each of the owner's shards.
const SLICES: u64 = 50;

/// One row, or row of an index, that a call writes.
#[derive(Debug)]
struct Write {
    /// The table or index.
    of: String,
    partition: String,
    /// The key of the row; an index meets nobody on a row.
    row: Option<String>,
    units: f64,
}

#[tokio::test]
async fn the_life_of_a_slice_writes_what_the_model_of_the_data_says() {
    let stack = TestStack::start_with_faults(Faults {
        lose_delivery: 1.0,
        ..Faults::default()
    })
    .await;
    let patient = json!({"name": "张三"});
    let path = format!("/patients/P-{OWNER}");
    stack.user(OWNER).put(&path, patient).await.ok();
    let (app, calls) = stack.metered_app(|_| {}).await;
    let mut created = Vec::new();
    let mut processed = Vec::new();
    let mut read = 0.0;
    // In the first of all shards.
    let first = (app.ids.number() / 64 + 1) * 64;
    for number in 0..SLICES {
        let id = FileId::from_number(first + number).expect("an id");
        let bytes = dicom(&DicomSpec {
            seed: number,
            ..DicomSpec::default()
        });
        let file = create(&app, id, bytes.len()).await;
        created.push((id, writes(&one(calls.take()))));
        let object = stack.stack.bucket.put_object().bucket(BUCKET);
        let object = object.key(file.object_key().to_string());
        object.body(bytes.into()).send().await.expect("an object");
        let processor = Processor::new(app.clone(), worker());
        processor.process(file, None).await.expect("processed");
        if number == 0 {
            // It also makes the study and the series.
            calls.take();
        } else {
            let all = calls.take();
            read = all
                .iter()
                .filter(|call| !call.writes())
                .map(|call| call.units)
                .sum();
            processed.push((id, writes(&one(all))));
        }
    }
    let create = patterns(&created);
    let found = json!({
        "process": left(patterns(&processed), &create),
        "create": create,
        "fold": fold(&app, &calls).await,
        "read by process": read,
    });
    let found = format!("{found:#}\n");
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/slice.json"), &found).expect("a file");
    assert!(
        found == include_str!("../../infra/lab/data_model/slice.json"),
        "infra/lab/data_model/slice.json is not what the code writes: `make data-model` renews it\n{found}"
    );
}

async fn create(app: &App, id: FileId, size: usize) -> FileRecord {
    let caller = Caller {
        id: OWNER,
        name: "王医生".to_owned(),
        admin: false,
        admin_by_token: false,
        // As a browser behind API Gateway has them.
        request: RequestInfo {
            ip: Some("203.0.113.77".to_owned()),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36".to_owned()),
            request_id: "JKJaXmPLvHcESHA=".to_owned(),
        },
    };
    let file = NewFile {
        id,
        file_uuid: app.ids.uuid(),
        uploaded_by: OWNER,
        uploader_name: caller.name.clone(),
        // As scanners export them.
        original_filename:
            "CT.1.2.826.0.1.3680043.8.498.45787841905188114249811046251842109.1.1.dcm".to_owned(),
        file_type: FileType::Dicom,
        mime_type: "application/dicom".to_owned(),
        file_size: size as u64,
    };
    let mut file = file.into_record();
    let patient: PatientId = format!("P-{OWNER}").parse().expect("an id");
    file.patient_id = Some(patient);
    let created = app.files.create(&caller, vec![file.clone()]).await;
    assert!(created[0].is_ok(), "{created:?}");
    file
}

/// The only call that writes.
fn one(mut calls: Vec<Call>) -> Call {
    calls.retain(Call::writes);
    let [call] = &calls[..] else {
        panic!("one call that writes: {calls:?}");
    };
    call.clone()
}

/// What a transaction writes, by table and index.
fn writes(call: &Call) -> Vec<Write> {
    assert_eq!(call.operation, "TransactWriteItems");
    let template = Template::load().expect("a template");
    let mut writes = Vec::new();
    for part in call.asked["TransactItems"].as_array().expect("parts") {
        let (table, item) = (&part["Put"]["TableName"], &part["Put"]["Item"]);
        let consumed = call.consumed.as_array().expect("tables");
        let mut consumed = consumed.iter().filter(|used| used["TableName"] == *table);
        let used = consumed.next().expect("the table's units");
        let resource = text(table).trim_start_matches("filmroom-").to_owned();
        let mut tables = template.tables.iter();
        let table = tables.find(|table| table.resource == resource).expect("it");
        let keys = |definition: &Value| -> Vec<String> {
            let schema = definition["KeySchema"].as_array().expect("a key");
            let names = schema.iter().map(|key| text(&key["AttributeName"]));
            names.map(|name| value(&item[name])).collect()
        };
        let key = keys(&table.definition);
        writes.push(Write {
            of: resource,
            partition: key[0].clone(),
            row: Some(key.join("/")),
            units: used["Table"]["CapacityUnits"].as_f64().expect("units"),
        });
        for (index, used) in used["GlobalSecondaryIndexes"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let mut indexes = table.definition["GlobalSecondaryIndexes"]
                .as_array()
                .into_iter()
                .flatten();
            let definition = indexes.find(|found| found["IndexName"] == *index.as_str());
            writes.push(Write {
                of: index.clone(),
                partition: keys(definition.expect("the index"))[0].clone(),
                row: None,
                units: used["CapacityUnits"].as_f64().expect("units"),
            });
        }
    }
    writes
}

/// A row that leaves an index was in the partition that the upload's beginning put it into.
fn left(mut writes: Value, before: &Value) -> Value {
    for write in writes.as_array_mut().expect("writes") {
        if write["partition"] == "left" {
            let mut before = before.as_array().expect("writes").iter();
            let same = before.find(|found| found["of"] == write["of"]);
            write["partition"] = same.expect("the row")["partition"].clone();
        }
    }
    writes
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// The value of an attribute; of a row that leaves an index there is none.
fn value(attribute: &Value) -> String {
    let value = attribute["S"].as_str().or(attribute["N"].as_str());
    value.unwrap_or("left").to_owned()
}

/// What the writes of all slices have in common: `{owner}`, `{study}`, `{file}` for what each slice has for itself, `{file%16}` for a shard.
fn patterns(slices: &[(FileId, Vec<Write>)]) -> Value {
    let count = slices[0].1.len();
    let of_write = |position: usize| {
        let all: Vec<(FileId, &Write)> = slices
            .iter()
            .map(|(id, writes)| {
                assert_eq!(writes.len(), count, "slices write the same");
                (*id, &writes[position])
            })
            .collect();
        let first = all[0].1;
        assert!(
            all.iter()
                .all(|(_, write)| write.of == first.of
                    && write.units.to_bits() == first.units.to_bits()),
            "{all:?}"
        );
        let partitions = all
            .iter()
            .map(|(id, write)| (*id, write.partition.as_str()));
        let rows = all
            .iter()
            .filter_map(|(id, write)| Some((*id, write.row.as_deref()?)));
        let rows: Vec<_> = rows.collect();
        json!({
            "of": first.of,
            "partition": pattern(&partitions.collect::<Vec<_>>()),
            "row": (!rows.is_empty()).then(|| pattern(&rows)),
            "units": first.units,
        })
    };
    (0..count).map(of_write).collect()
}

fn pattern(values: &[(FileId, &str)]) -> String {
    let owner = OWNER.to_string();
    let general = |value: &str| {
        let is_day = value.len() > 10
            && value[..10]
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
            && value[4..5] == *"-";
        let value = if is_day {
            format!("day{}", &value[10..])
        } else {
            value.to_owned()
        };
        value.replace(&owner, "{owner}")
    };
    let first = general(values[0].1);
    if values.iter().all(|(_, value)| general(value) == first) {
        // The number of their study is drawn.
        return match first.strip_prefix("{owner}#") {
            Some(study) if study.len() > 10 => "{owner}#{study}".to_owned(),
            _ => first,
        };
    }
    for shards in [2, 16, 64] {
        let shard = |id: FileId| (id.number() % shards).to_string();
        let prefix = first.strip_suffix(&shard(values[0].0)).unwrap_or("?");
        if values
            .iter()
            .all(|(id, value)| general(value) == format!("{prefix}{}", shard(*id)))
        {
            return format!("{prefix}{{file%{shards}}}");
        }
    }
    let distinct: BTreeSet<&str> = values.iter().map(|(_, value)| *value).collect();
    assert_eq!(
        distinct.len(),
        values.len(),
        "some slices share it: {values:?}"
    );
    "{file}".to_owned()
}

/// What folds of one second's slices write: the units of an owner's shard, and of everybody's shard that learns of it.
async fn fold(app: &App, calls: &Calls) -> Value {
    let unfolded = async || {
        let unfolded = app.files.unattended().unfolded(None).await;
        unfolded.expect("shards").shards
    };
    let owners = unfolded().await;
    assert_eq!(owners.len(), 2);
    let shard: Shard = *owners.first().expect("a shard");
    let mut of = BTreeMap::new();
    let mut rows = 0;
    for (name, shard) in [("owner", shard), ("everybody", shard)] {
        let shard = match name {
            "owner" => shard,
            _ => *unfolded().await.first().expect("everybody's"),
        };
        calls.take();
        let folded = app
            .files
            .unattended()
            .fold_changes(shard)
            .await
            .expect("a fold");
        let mut by_table = BTreeMap::<String, f64>::new();
        for call in calls.take().iter().filter(|call| call.writes()) {
            for used in call
                .consumed
                .as_array()
                .into_iter()
                .flatten()
                .chain(call.consumed.is_object().then_some(&call.consumed))
            {
                let table = text(&used["TableName"]).trim_start_matches("filmroom-");
                let name = format!("{} {table}", call.operation);
                *by_table.entry(name).or_default() +=
                    used["CapacityUnits"].as_f64().expect("units");
            }
        }
        if name == "owner" {
            rows = folded;
        }
        of.insert(name, json!(by_table));
    }
    json!({ "rows": rows, "units": of })
}
