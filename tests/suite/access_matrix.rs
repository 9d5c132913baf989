//! Every route with every kind of caller. The routes are those of `functions::endpoints()`: one without a row here fails.
//!
//! Who a caller is, and which tokens open nothing, is checked on every route too: a route cannot forget the question.

mod entries;
mod wrong_tokens;

use http::Method;
use imaging::fixtures::{DicomSpec, dicom, png};
use serde_json::{Value, json};
use service::api::Endpoint;
use service::domain::job::{Job, JobId, JobKind};

use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, Response, TestStack};

/// Whom a route answers. Everybody else with a valid token gets the status beside it.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    /// Whoever, without a token too.
    Public,
    /// Whoever has signed in.
    SignedIn,
    /// The file's owner and administrators; to others it does not exist: 404.
    Owner,
    /// Who began the job, or whose study it is; to others, also to administrators who do not say whose, it does not exist: 404.
    Beginner,
    /// Administrators; others: 403.
    Admin,
}

/// What has to exist before the route can answer with success; its id takes the place of `{…}` in the path.
#[derive(Clone, Copy, Debug)]
enum Needs {
    Nothing,
    /// An upload by one PUT that has begun.
    Upload,
    /// An upload in parts that has begun.
    PartsUpload,
    /// An upload in parts, all of them sent.
    SentParts,
    /// A processed file.
    File,
    /// A processed DICOM file.
    Dicom,
    /// A file in the trash.
    Deleted,
    /// A file in the archive.
    Archived,
    /// A patient without files.
    Patient,
    /// A job that waits.
    Job,
    /// Somebody who has signed in.
    User,
    /// A study with a file.
    Study,
    /// A series with a file.
    Series,
    /// A study whose file is in the trash.
    DeletedStudy,
    /// A study with an instance, for programs that speak DICOM.
    DicomStudy,
    /// The UID of a study that nobody has, of which an instance is sent.
    Instance,
}

/// One route: its endpoint's name, whom it answers, what it needs, and a body that it accepts.
struct Row(&'static str, Who, Needs, fn(&Subject) -> Value);

/// What a request is about: the path's parameter, and the file's current version.
pub(crate) struct Subject {
    id: String,
    version: Value,
}

const NO_BODY: fn(&Subject) -> Value = |_| Value::Null;

/// The row of a DICOMweb service that answers who owns the study in its path.
const fn of_dicom_study(name: &'static str) -> Row {
    Row(name, Who::Beginner, Needs::DicomStudy, NO_BODY)
}

/// One row a route. `NO_BODY` sends none.
const ROWS: &[Row] = &[
    Row("my-images", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row("patient-images", Who::SignedIn, Needs::Patient, NO_BODY),
    Row("list-images", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row("trash", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row("openapi", Who::Public, Needs::Nothing, NO_BODY),
    Row("get-image", Who::Owner, Needs::File, NO_BODY),
    Row("dicom-elements", Who::Owner, Needs::Dicom, NO_BODY),
    Row("download-image", Who::Owner, Needs::File, NO_BODY),
    Row(
        "download-urls",
        Who::SignedIn,
        Needs::Nothing,
        |_| json!({"ids": [1], "variant": "original"}),
    ),
    Row(
        "update-image",
        Who::Owner,
        Needs::File,
        |subject| json!({"version": subject.version, "description": "changed"}),
    ),
    Row(
        "assign-images",
        Who::SignedIn,
        Needs::Patient,
        |subject| json!({"ids": [1], "patient_id": subject.id}),
    ),
    Row("delete-image", Who::Owner, Needs::File, NO_BODY),
    Row("restore-image", Who::Owner, Needs::Deleted, NO_BODY),
    Row("archive-image", Who::Owner, Needs::File, NO_BODY),
    Row("unarchive-image", Who::Owner, Needs::Archived, NO_BODY),
    Row("access-log", Who::Owner, Needs::File, NO_BODY),
    Row("audit", Who::Admin, Needs::Nothing, NO_BODY),
    Row("stats-summary", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row(
        "create-upload",
        Who::SignedIn,
        Needs::Nothing,
        |_| json!({"filename": "a.png", "size": 100}),
    ),
    Row(
        "create-uploads-batch",
        Who::SignedIn,
        Needs::Nothing,
        |_| json!({"files": [{"client_file_id": "1", "filename": "a.png", "size": 100}]}),
    ),
    Row("get-upload", Who::Owner, Needs::Upload, NO_BODY),
    Row(
        "sign-parts",
        Who::Owner,
        Needs::PartsUpload,
        |_| json!({"part_numbers": [1]}),
    ),
    Row(
        "sign-request",
        Who::Owner,
        Needs::Upload,
        |_| json!({"method": "PUT"}),
    ),
    Row("complete-upload", Who::Owner, Needs::SentParts, |_| {
        json!({})
    }),
    Row("abort-upload", Who::Owner, Needs::Upload, NO_BODY),
    Row(
        "put-patient",
        Who::SignedIn,
        Needs::Patient,
        |_| json!({"name": "Somebody"}),
    ),
    Row("get-patient", Who::SignedIn, Needs::Patient, NO_BODY),
    Row("list-patients", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row("delete-patient", Who::Admin, Needs::Patient, NO_BODY),
    Row("patient-studies", Who::SignedIn, Needs::Patient, NO_BODY),
    Row("list-jobs", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row("get-job", Who::Beginner, Needs::Job, NO_BODY),
    Row("cancel-job", Who::Beginner, Needs::Job, NO_BODY),
    Row("get-me", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row("list-users", Who::Admin, Needs::Nothing, NO_BODY),
    Row(
        "update-user",
        Who::Admin,
        Needs::User,
        |_| json!({"disabled": false}),
    ),
    Row("create-study", Who::SignedIn, Needs::Nothing, |_| json!({})),
    Row("list-studies", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row("get-study", Who::Beginner, Needs::Study, NO_BODY),
    Row("study-files", Who::Beginner, Needs::Study, NO_BODY),
    Row("series-files", Who::Beginner, Needs::Series, NO_BODY),
    Row("delete-study", Who::Beginner, Needs::Study, NO_BODY),
    Row("restore-study", Who::Beginner, Needs::DeletedStudy, NO_BODY),
    Row("archive-study", Who::Beginner, Needs::Study, NO_BODY),
    Row("unarchive-study", Who::Beginner, Needs::Study, NO_BODY),
    Row("search-studies", Who::SignedIn, Needs::Nothing, NO_BODY),
    of_dicom_study("search-study-series"),
    of_dicom_study("search-study-instances"),
    of_dicom_study("search-series-instances"),
    Row("search-series", Who::SignedIn, Needs::Nothing, NO_BODY),
    Row("search-instances", Who::SignedIn, Needs::Nothing, NO_BODY),
    of_dicom_study("retrieve-study"),
    of_dicom_study("retrieve-series"),
    of_dicom_study("retrieve-instance"),
    of_dicom_study("study-metadata"),
    of_dicom_study("series-metadata"),
    of_dicom_study("instance-metadata"),
    of_dicom_study("retrieve-frames"),
    of_dicom_study("retrieve-pixel-data"),
    of_dicom_study("retrieve-bulk-data"),
    of_dicom_study("rendered-instance"),
    of_dicom_study("rendered-frame"),
    of_dicom_study("study-thumbnail"),
    of_dicom_study("series-thumbnail"),
    of_dicom_study("instance-thumbnail"),
    of_dicom_study("frame-thumbnail"),
    Row("store-instances", Who::SignedIn, Needs::Instance, NO_BODY),
    Row(
        "store-study-instances",
        Who::SignedIn,
        Needs::Instance,
        NO_BODY,
    ),
];

const OWNER: i64 = 1;
const STRANGER: i64 = 2;
const OTHER: i64 = 3;

fn row(endpoint: &Endpoint) -> &'static Row {
    let found = ROWS.iter().find(|row| row.0 == endpoint.name());
    found.unwrap_or_else(|| {
        panic!(
            "{endpoint:?} has no row in the access matrix. Add to ROWS in tests/suite/access_matrix.rs: \
             Row({:?}, Who::…, Needs::…, NO_BODY or a body that the route accepts). Who::Owner when the path names a file, \
             Who::SignedIn when everybody gets their own answer, Who::Admin for administrators alone, Who::Public without a token.",
            endpoint.name()
        )
    })
}

/// A request to `endpoint` about `subject`, as `client`. `suffix` is put behind the path.
pub(crate) async fn ask(
    client: &Client,
    endpoint: &Endpoint,
    subject: &Subject,
    suffix: &str,
) -> Response {
    let path = endpoint.path();
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let path: Vec<String> = path
        .split('/')
        .map(|part| match part {
            // Of a study 1.2 its series is 1.2.1, and that has the instance 1.2.1.1.
            "{series_uid}" => format!("{}.1", subject.id),
            "{instance_uid}" => format!("{}.1.1", subject.id),
            "{frames}" => "1".to_owned(),
            "{how}" => "stored".to_owned(),
            "{offset}" => "0".to_owned(),
            "{length}" => "4".to_owned(),
            part if part.starts_with('{') => subject.id.clone(),
            part => part.to_owned(),
        })
        .collect();
    let body = match row(endpoint).3(subject) {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let query = match endpoint.name() {
        "audit" if !suffix.contains('?') => "?actor=1",
        _ => "",
    };
    let path = format!("{}{suffix}{query}", path.join("/"));
    let (kind, body) = match row(endpoint).2 {
        Needs::Instance => (INSTANCES, instance_of(&subject.id)),
        _ => ("application/json", body.into_bytes()),
    };
    let headers: &[(&str, &str)] = if body.is_empty() {
        &[]
    } else {
        &[("content-type", kind)]
    };
    client
        .send(endpoint.method().clone(), &path, headers, body)
        .await
}

const INSTANCES: &str = "multipart/related; type=\"application/dicom\"; boundary=b";

/// An instance of a study, as the body of a request.
fn instance_of(study: &str) -> Vec<u8> {
    let bytes = dicom(&DicomSpec {
        study_instance_uid: study.to_owned(),
        series_instance_uid: format!("{study}.1"),
        sop_instance_uid: format!("{study}.1.1"),
        ..DicomSpec::default()
    });
    let (head, end) = (
        "--b\r\nContent-Type: application/dicom\r\n\r\n",
        "\r\n--b--\r\n",
    );
    [head.as_bytes(), &bytes, end.as_bytes()].concat()
}

impl Subject {
    /// A new one of what `endpoint` needs.
    pub(crate) async fn of(stack: &TestStack, endpoint: &Endpoint) -> Self {
        Self::new(stack, row(endpoint).2).await
    }

    /// A new one of `needs`, owned by [`OWNER`].
    async fn new(stack: &TestStack, needs: Needs) -> Self {
        let owner = stack.user(OWNER);
        // A job that another route has begun is over.
        stack.settle().await;
        let file = match needs {
            Needs::Nothing => json!({"id": 1}),
            Needs::Upload => begin(&owner, "a.png", 100, json!({})).await["file"].clone(),
            Needs::PartsUpload => begin(&owner, "a.dcm", 20 << 20, json!({})).await["file"].clone(),
            Needs::SentParts => sent_parts(stack, &owner).await,
            Needs::File => processed(stack, &owner).await,
            Needs::Dicom => {
                let bytes = dicom(&DicomSpec::default());
                stack.upload(&owner, "a.dcm", &bytes, json!({})).await
            }
            Needs::Deleted => {
                let file = processed(stack, &owner).await;
                owner
                    .delete(&format!("/image-files/{}", file["id"]))
                    .await
                    .ok();
                file
            }
            Needs::Archived => {
                let file = processed(stack, &owner).await;
                let path = format!("/image-files/{}/archive", file["id"]);
                owner.post(&path, Value::Null).await.ok()
            }
            Needs::Job => return Self::job(stack).await,
            Needs::Instance => {
                let id = format!("1.2.{}", stack.stack.app.ids.file_id());
                return Self {
                    id,
                    version: Value::Null,
                };
            }
            Needs::Study | Needs::Series | Needs::DeletedStudy | Needs::DicomStudy => {
                return Self::study(stack, &owner, needs).await;
            }
            Needs::User => stack.user(OTHER).get("/me").await.ok(),
            Needs::Patient => {
                let id = format!("P-{}", stack.stack.app.ids.file_id());
                let patient = json!({"name": "Somebody"});
                owner.put(&format!("/patients/{id}"), patient).await.ok();
                return Self {
                    id,
                    version: Value::Null,
                };
            }
        };
        Self {
            id: file["id"].to_string(),
            version: file["version"].clone(),
        }
    }
}

impl Subject {
    async fn study(stack: &TestStack, owner: &Client, needs: Needs) -> Self {
        let uid = format!("1.2.{}", stack.stack.app.ids.file_id());
        let bytes = dicom(&DicomSpec {
            series_instance_uid: format!("{uid}.1"),
            sop_instance_uid: format!("{uid}.1.1"),
            study_instance_uid: uid.clone(),
            ..DicomSpec::default()
        });
        let file = stack.upload(owner, "a.dcm", &bytes, json!({})).await;
        if matches!(needs, Needs::DeletedStudy) {
            let path = format!("/image-files/{}", file["id"]);
            owner.delete(&path).await.ok();
        }
        stack.fold().await;
        let id = match needs {
            Needs::Series => file["series_id"].to_string(),
            Needs::DicomStudy => uid,
            _ => file["study_id"].to_string(),
        };
        Self {
            id,
            version: Value::Null,
        }
    }

    async fn job(stack: &TestStack) -> Self {
        let app = &stack.stack.app;
        let id = JobId::from_number(app.ids.number()).expect("an id");
        let files = vec![app.ids.file_id()];
        let job = Job::new(OWNER, id, JobKind::Archive, files, app.clock.now());
        assert!(app.jobs.create(&job).await.expect("written"));
        Self {
            id: id.to_string(),
            version: Value::Null,
        }
    }
}

async fn processed(stack: &TestStack, owner: &Client) -> Value {
    stack.upload(owner, "a.png", &png(8, 8, 1), json!({})).await
}

async fn sent_parts(stack: &TestStack, owner: &Client) -> Value {
    const SIZE: usize = (16 << 20) + 1;
    let file = begin(owner, "a.bin", SIZE, json!({})).await["file"].clone();
    let bytes = vec![7; SIZE];
    for (chunk, number) in bytes.chunks(16 << 20).zip(1..) {
        stack.put_part(owner, id_of(&file), number, chunk).await;
    }
    file
}

#[test]
fn every_row_is_about_a_route_that_exists() {
    let endpoints = functions::endpoints();
    for Row(name, who, ..) in ROWS {
        let endpoint = endpoints
            .iter()
            .find(|endpoint| endpoint.name() == *name)
            .unwrap_or_else(|| panic!("{name} is no endpoint: take its row out"));
        assert_eq!(endpoint.is_public(), *who == Who::Public, "{name}");
    }
}

#[tokio::test]
async fn every_route_answers_exactly_those_it_should() {
    let stack = TestStack::start().await;
    for endpoint in functions::endpoints() {
        let who = row(&endpoint).1;
        for (client, caller) in [
            (stack.user(STRANGER), "a stranger"),
            (stack.user(OWNER), "the owner"),
            (stack.admin(), "an administrator"),
        ] {
            let subject = Subject::of(&stack, &endpoint).await;
            let answer = ask(&client, &endpoint, &subject, "").await;
            let refused = match (who, caller) {
                (Who::Owner, "a stranger") | (Who::Beginner, "a stranger" | "an administrator") => {
                    Some((404, "not_found"))
                }
                (Who::Admin, "a stranger" | "the owner") => Some((403, "forbidden")),
                _ => None,
            };
            match refused {
                Some((status, code)) => drop(answer.problem(status, code)),
                None => assert!(
                    answer.status.is_success() || answer.status == 307,
                    "{endpoint:?} to {caller}: {} {}",
                    answer.status,
                    answer.text()
                ),
            }
        }
    }
}

#[tokio::test]
async fn no_route_opens_to_a_wrong_token_and_nothing_changes() {
    let stack = TestStack::start().await;
    let owner = stack.user(OWNER);
    for endpoint in functions::endpoints() {
        if row(&endpoint).1 == Who::Public {
            continue;
        }
        let subject = Subject::of(&stack, &endpoint).await;
        let before = owner.get("/image-files?page_size=100").await.ok();
        for (kind, authorization) in wrong_tokens::all(&stack, OWNER) {
            let client = owner.with_authorization(authorization.as_deref());
            let answer = ask(&client, &endpoint, &subject, "").await;
            assert_eq!(answer.status, 401, "{endpoint:?} with {kind}");
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{kind}");
            answer.problem(401, "unauthenticated");
        }
        let after = owner.get("/image-files?page_size=100").await.ok();
        assert_eq!(after, before, "{endpoint:?}");
    }
}

/// Somebody whom the route answers.
pub(crate) fn of_subject(stack: &TestStack, endpoint: &Endpoint) -> Client {
    match row(endpoint).1 {
        Who::Beginner => stack.user(OWNER),
        _ => stack.admin(),
    }
}

#[tokio::test]
async fn every_route_accepts_a_trailing_slash() {
    let stack = TestStack::start().await;
    for endpoint in functions::endpoints() {
        let subject = Subject::of(&stack, &endpoint).await;
        let answer = ask(&of_subject(&stack, &endpoint), &endpoint, &subject, "/").await;
        assert!(
            answer.status.is_success() || answer.status == 307,
            "{endpoint:?}: {} {}",
            answer.status,
            answer.text()
        );
    }
}

#[tokio::test]
async fn every_route_refuses_an_unknown_query_parameter() {
    let stack = TestStack::start().await;
    for endpoint in functions::endpoints() {
        let subject = Subject::of(&stack, &endpoint).await;
        // A search of DICOMweb ignores a name that does not look like an attribute.
        let is_search = endpoint.name().starts_with("search-");
        let name = if is_search { "Staus" } else { "staus" };
        for suffix in [format!("?{name}=FAILED"), format!("/?{name}=FAILED")] {
            let answer = ask(&stack.admin(), &endpoint, &subject, &suffix).await;
            if functions::dicom_web::has(endpoint.path()) {
                let problem = answer.problem(400, "bad_request");
                assert_eq!(problem["errors"][0]["field"], name, "{endpoint:?}");
            } else {
                answer.refuses(&[name]);
            }
        }
    }
}

#[tokio::test]
async fn every_route_refuses_an_id_that_is_a_path_or_no_id() {
    let stack = TestStack::start().await;
    for endpoint in functions::endpoints() {
        // Looking for files of a patient is a filter: an odd one finds nothing.
        if !endpoint.path().contains('{') || endpoint.name() == "patient-images" {
            continue;
        }
        for id in ["..%2F..%2Fetc", "a%00b", "%0d%0aX:%201", "'%20OR%201=1"] {
            let subject = Subject {
                id: id.to_owned(),
                version: json!(1),
            };
            let answer = ask(&stack.admin(), &endpoint, &subject, "").await;
            let problem = if functions::dicom_web::has(endpoint.path()) {
                answer.problem(400, "bad_request")
            } else {
                answer.problem(422, "invalid")
            };
            let named = &problem["errors"][0]["field"];
            assert!(
                [
                    "file_id",
                    "patient_id",
                    "job_id",
                    "user_id",
                    "study_id",
                    "series_id",
                    "study_uid"
                ]
                .map(Value::from)
                .contains(named),
                "{endpoint:?}: {problem}"
            );
        }
    }
}

#[tokio::test]
async fn every_route_with_a_body_refuses_what_is_not_a_json_object() {
    let stack = TestStack::start().await;
    for endpoint in functions::endpoints() {
        let subject = Subject::of(&stack, &endpoint).await;
        if row(&endpoint).3(&subject).is_null() {
            continue;
        }
        let path = endpoint.path().replace("/api/v1", "");
        let path = path
            .replace("{file_id}", &subject.id)
            .replace("{patient_id}", &subject.id)
            .replace("{user_id}", &subject.id);
        let send = async |body: &'static str| {
            let client = stack.user(OWNER);
            client
                .send(endpoint.method().clone(), &path, &[], body)
                .await
        };
        send("{\"a\"").await.problem(400, "not_json");
        send("").await.problem(400, "not_json");
        send("[1]").await.refuses(&["body"]);
        let problem = send("{\"no_such_field\": 1}").await.problem(422, "invalid");
        let errors = problem["errors"].as_array().expect("errors");
        assert!(
            errors.iter().any(|error| error["field"] == "no_such_field"),
            "{endpoint:?}: {problem}"
        );
    }
}

#[tokio::test]
async fn a_path_that_is_no_route_is_not_found() {
    let stack = TestStack::start().await;
    let admin = stack.admin();
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/image-file"),
        (Method::GET, "/uploads"),
        (Method::POST, "/image-files"),
        (Method::PUT, "/image-files/1"),
        (Method::GET, "//image-files/my-images"),
        (Method::GET, "/image-files/my-images/1/2/3"),
    ] {
        let answer = admin.send(method.clone(), path, &[], "").await;
        assert_eq!(answer.status, 404, "{method} {path}");
    }
}
