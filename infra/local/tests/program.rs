//! The program `filmroom-local`, as other programs start it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use imaging::fixtures::{DicomSpec, dicom};
use imaging::isolated::{Worker, inspect};
use imaging::{Limits, Outcome};
use serde_json::Value;

/// A running program; it ends with the test.
struct Program(Child);

impl Program {
    fn start(folder: &Path, arguments: &[&str]) -> (Self, BufReader<ChildStdout>) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_filmroom-local"))
            .args(arguments)
            .env_clear()
            .envs([("PORT", "0"), ("AWS_LAMBDA_LOG_LEVEL", "error")])
            .env("DATA_DIR", folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program");
        let out = child.stdout.take().expect("its output");
        (Self(child), BufReader::new(out))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The status line and the body of an answer.
fn get(url: &str, token: &str) -> (String, Value) {
    let address = url.strip_prefix("http://").expect("http");
    let (address, path) = address.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let lines = [
        &format!("GET /{path} HTTP/1.1"),
        &format!("Host: {address}"),
        &format!("Authorization: Bearer {token}"),
        "Connection: close\r\n\r\n",
    ];
    stream
        .write_all(lines.join("\r\n").as_bytes())
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    let status = head.lines().next().expect("a status").to_owned();
    (status, serde_json::from_str(body).expect("JSON"))
}

#[test]
fn with_json_the_first_line_says_all_that_a_program_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_program, mut out) = Program::start(folder.path(), &["--json"]);
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    let ready: Value = serde_json::from_str(&line).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();

    let users = ready["users"].as_array().expect("users");
    let roles: Vec<_> = users.iter().map(|user| text(&user["role"])).collect();
    assert_eq!(roles, ["user", "user", "admin"]);
    let url = text(&ready["api"]) + "/patients";
    let (status, body) = get(&url, &text(&users[0]["token"]));
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");

    assert_eq!(ready["variables"]["FILES_TABLE"], "filmroom-FilesTable");
    assert_eq!(
        ready["variables"]["AUDIT_LOG_TABLE"],
        "filmroom-AuditLogTable"
    );
    assert_eq!(ready["variables"]["IMAGE_BUCKET"], "filmroom-images");
    assert_eq!(ready["operator"], "operator");
    assert_eq!(ready["page"], Value::Null);
    assert_eq!(
        ready["folder"],
        text(&folder.path().to_string_lossy().into())
    );
    for engine in ["bucket", "tables"] {
        let address = text(&ready[engine]);
        let address = address.strip_prefix("http://").expect("http");
        TcpStream::connect(address).expect("an engine");
    }
}

#[test]
fn a_stack_that_does_not_start_writes_no_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let (mut program, mut out) = Program::start(&file, &["--json"]);
    let mut text = String::new();
    out.read_to_string(&mut text).expect("the output");
    assert_eq!(text, "");
    assert_eq!(program.0.wait().expect("an end").code(), Some(1));
}

/// The program with this `WEATHER`, which it says something about on its standard error.
fn in_weather(folder: &Path, weather: &str) -> Program {
    let child = Command::new(env!("CARGO_BIN_EXE_filmroom-local"))
        .env_clear()
        .envs([("PORT", "0"), ("AWS_LAMBDA_LOG_LEVEL", "error")])
        .env("DATA_DIR", folder)
        .env("WEATHER", weather)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    Program(child.expect("the program"))
}

#[test]
fn weather_is_said_and_a_wrong_one_is_refused_with_the_names_of_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = in_weather(folder.path(), "7,rough");
    let said = program.0.stderr.take().expect("its errors");
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line).expect("a line");
    assert!(line.starts_with("the weather is on (7,rough)"), "{line}");
    let mut program = in_weather(folder.path(), "7,stormy");
    let mut said = String::new();
    let mut errors = program.0.stderr.take().expect("its errors");
    errors.read_to_string(&mut said).expect("a sentence");
    assert!(said.contains("mild, rough, conflicts"), "{said}");
    assert!(!program.0.wait().expect("an end").success());
}

#[test]
fn it_decodes_within_the_limits_of_a_worker() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("slice");
    std::fs::write(&path, dicom(&DicomSpec::default())).expect("written");
    let worker = Worker::Program {
        program: env!("CARGO_BIN_EXE_filmroom-local").into(),
        args: Vec::new(),
    };
    let inspection = inspect(&worker, &path, folder.path(), &Limits::default()).expect("a worker");
    assert!(
        matches!(inspection.outcome, Outcome::Picture(_)),
        "{:?}",
        inspection.outcome
    );
}
