//! The isolated worker: the test binary itself, started again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use imaging::fixtures::{DicomSpec, JPEG_2000, dicom, jpeg};
use imaging::isolated::{self, Worker};
use imaging::{Code, Inspection, Limits, Outcome};

use crate::{disc_and_corner, failure, picture};

/// Serves when this binary was started as a worker; otherwise passes.
#[test]
fn imaging_worker() {
    isolated::serve_if_worker();
}

/// What a worker that could be started says.
fn inspect(worker: &Worker, path: &Path, scratch: &Path, limits: &Limits) -> Inspection {
    isolated::inspect(worker, path, scratch, limits).expect("a worker, and room for its answer")
}

pub(crate) fn worker() -> Worker {
    Worker::Program {
        program: std::env::current_exe().expect("this binary has a path"),
        args: ["--exact", "isolation::imaging_worker", "--nocapture"]
            .map(str::to_owned)
            .to_vec(),
    }
}

pub(crate) struct Folder {
    pub(crate) folder: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub(crate) fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("file");
        fs::write(&path, bytes).expect("it takes the bytes");
        path
    }
}

#[test]
fn a_worker_finds_what_this_process_finds() {
    for bytes in [
        dicom(&DicomSpec::default()),
        jpeg(300, 200, 7),
        b"%PDF-1.7 ...".to_vec(),
    ] {
        let folder = Folder::new();
        let path = folder.file(&bytes);
        let limits = Limits::default();
        let inspection = inspect(&worker(), &path, folder.folder.path(), &limits);
        assert_eq!(inspection, imaging::inspect(&path, &limits));
        let left: Vec<_> = fs::read_dir(folder.folder.path())
            .expect("a folder")
            .collect();
        assert_eq!(left.len(), 1, "the worker's files are gone");
    }
}

/// A worker that copies the environment of its parent into a file.
fn spy(target: &Path) -> Worker {
    Worker::Program {
        program: "/bin/sh".into(),
        args: [
            "-c",
            "cat /proc/$PPID/environ > \"$0\"",
            target.to_str().expect("a plain path"),
        ]
        .map(str::to_owned)
        .to_vec(),
    }
}

/// Part of the next test, as a process of its own: the parent that is spied upon.
#[test]
fn spied_parent() {
    let Some(folder) = std::env::var_os("SPIED_PARENT").map(PathBuf::from) else {
        return;
    };
    let Worker::Program { program, args } = spy(&folder.join("before")) else {
        unreachable!("a program")
    };
    Command::new(program).args(args).status().expect("a shell");
    let _ = inspect(
        &spy(&folder.join("after")),
        &folder.join("file"),
        &folder,
        &Limits::default(),
    );
    // And it still finds its own program, starts it, and gets answers.
    let file = folder.join("file");
    picture(inspect(&worker(), &file, &folder, &Limits::default()));
    // The process that decoders are forked from waits for the next file now.
    #[cfg(target_os = "linux")]
    for nursery in children(std::process::id()) {
        let read = format!("cat /proc/{nursery}/environ > \"$0\"");
        let target = folder.join("nursery");
        let read = Command::new("/bin/sh")
            .args(["-c", &read])
            .arg(target)
            .status();
        read.expect("a shell");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_cannot_read_the_environment_of_its_parent() {
    const NOBODY: u32 = 65_534;
    let folder = Folder::new();
    folder.file(&jpeg(300, 200, 7));
    let path = folder.folder.path();
    // Root reads everything: then the parent and its children are somebody else, who can reach a copy of this program.
    let program = path.join("program");
    fs::copy(std::env::current_exe().expect("a path"), &program).expect("a copy");
    fs::set_permissions(path, Permissions::from_mode(0o777)).expect("our folder");
    let mut parent = Command::new(program);
    if rustix::process::geteuid().is_root() {
        parent.uid(NOBODY).gid(NOBODY);
    }
    let ended = parent
        .args(["--exact", "isolation::spied_parent"])
        // Its only variable: a failure prints what the spy saw.
        .env_clear()
        .env("SPIED_PARENT", path)
        .output()
        .expect("it starts");
    assert!(ended.status.success(), "{ended:?}");
    let seen = |name| fs::read_to_string(path.join(name)).expect("the spy was there");
    assert!(seen("before").contains("SPIED_PARENT="));
    assert_eq!(seen("after"), "");
    assert_eq!(seen("nursery"), "");
}

#[test]
fn a_worker_out_of_memory_keeps_the_header() {
    let folder = Folder::new();
    let spec = DicomSpec {
        rows: 8000,
        columns: 8000,
        pixels: Some(vec![0; 128_000_000]),
        ..DicomSpec::default()
    };
    let path = folder.file(&dicom(&spec));
    let limits = Limits {
        max_memory: 128 << 20,
        ..Limits::default()
    };
    let inspection = inspect(&worker(), &path, folder.folder.path(), &limits);
    assert_eq!(
        inspection
            .dicom
            .as_ref()
            .and_then(|header| header.patient_id.as_deref()),
        Some("P-1")
    );
    assert_eq!(failure(inspection).code, Code::TooLarge);
}

#[test]
fn a_worker_that_takes_too_long_is_stopped() {
    let folder = Folder::new();
    let path = folder.file(b"anything");
    // A program that waits for an input that never comes.
    let worker = Worker::Program {
        program: "/bin/sh".into(),
        args: ["-c", "read x < /dev/zero"].map(str::to_owned).to_vec(),
    };
    let limits = Limits {
        max_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let inspection = inspect(&worker, &path, folder.folder.path(), &limits);
    assert_eq!(failure(inspection).code, Code::TimedOut);
}

#[test]
fn a_worker_that_crashes_is_a_failed_decoder() {
    let folder = Folder::new();
    let path = folder.file(b"anything");
    let worker = Worker::Program {
        program: "/bin/false".into(),
        args: Vec::new(),
    };
    let inspection = inspect(&worker, &path, folder.folder.path(), &Limits::default());
    assert_eq!(failure(inspection).code, Code::DecoderFailed);
}

#[test]
fn a_worker_that_cannot_be_started_or_has_no_folder_says_nothing_of_the_file() {
    let folder = Folder::new();
    let path = folder.file(b"anything");
    let nowhere = folder.folder.path().join("nowhere");
    let missing = Worker::Program {
        program: "/nonexistent/program".into(),
        args: Vec::new(),
    };
    for (worker, scratch) in [
        (&missing, folder.folder.path()),
        (&worker(), nowhere.as_path()),
    ] {
        let inspection = isolated::inspect(worker, &path, scratch, &Limits::default());
        let error = inspection.expect_err("nothing to inspect with");
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }
}

#[test]
fn the_picture_of_a_worker_is_the_picture() {
    let folder = Folder::new();
    let path = folder.file(&dicom(&DicomSpec::default()));
    let inspection = inspect(&worker(), &path, folder.folder.path(), &Limits::default());
    assert!(matches!(inspection.outcome, Outcome::Picture(_)));
    let (disc, corner) = disc_and_corner(&picture(inspection).thumbnail);
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

#[test]
fn a_multi_frame_file_of_two_gigabytes_needs_memory_for_one_frame_only() {
    let folder = Folder::new();
    let spec = DicomSpec {
        rows: 1024,
        columns: 1024,
        frames: 1000,
        pixels: Some(Vec::new()),
        ..DicomSpec::default()
    };
    let mut bytes = dicom(&spec);
    let (start, length) = (bytes.len(), 2_097_152_000u32);
    // The length of the pixel element, written as 0; its value is a hole in the file.
    bytes[start - 4..].copy_from_slice(&length.to_le_bytes());
    let path = folder.file(&bytes);
    let file = fs::File::options()
        .write(true)
        .open(&path)
        .expect("our file");
    file.set_len(start as u64 + u64::from(length))
        .expect("a sparse file");
    // Address space, which is more than memory: program, thread stacks and one frame of 2 MB.
    let limits = Limits {
        max_memory: 96 << 20,
        ..Limits::default()
    };
    let inspection = inspect(&worker(), &path, folder.folder.path(), &limits);
    let picture = picture(inspection);
    assert_eq!((picture.width, picture.height), (1024, 1024));
}

#[test]
fn a_jpeg_2000_bomb_stays_within_the_limits() {
    let folder = Folder::new();
    // 79 million pixels in 248 bytes, which the limits on pixels and bytes allow: one tile as large as the picture.
    let mut bomb = JPEG_2000.to_vec();
    for side in [8, 12, 24, 28] {
        bomb[side..side + 4].copy_from_slice(&8_900u32.to_be_bytes());
    }
    let spec = DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.4.90",
        rows: 8_900,
        columns: 8_900,
        bits_allocated: 8,
        bits_stored: 8,
        fragments: Some(vec![bomb]),
        ..DicomSpec::default()
    };
    let path = folder.file(&dicom(&spec));
    let inspection = inspect(&worker(), &path, folder.folder.path(), &Limits::default());
    let code = failure(inspection).code;
    assert!(
        matches!(code, Code::Truncated | Code::Damaged | Code::TooLarge),
        "{code:?}"
    );
}

/// Part of the next test, as a process of its own: the parent that is killed.
#[test]
fn killed_parent() {
    let Some(folder) = std::env::var_os("KILLED_PARENT").map(PathBuf::from) else {
        return;
    };
    let limits = Limits {
        max_time: Duration::from_mins(1),
        ..Limits::default()
    };
    let _ = isolated::inspect(&worker(), &folder.join("pipe"), &folder, &limits);
}

/// The processes whose parent is `parent`, and that are no zombies.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").expect("processes");
    let pids = pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| state(*pid).is_some_and(|(state, of)| state != "Z" && of == parent))
        .collect()
}

/// The state and the parent of a process.
#[cfg(target_os = "linux")]
fn state(pid: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut rest = stat.rsplit_once(") ")?.1.split(' ');
    Some((rest.next()?.to_owned(), rest.next()?.parse().ok()?))
}

/// Runs the test `name` of this file in a process of its own, whose children are only its workers. It begins with [`is_alone`].
#[cfg(target_os = "linux")]
fn alone(name: &str) {
    let ended = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", name, "--nocapture"])
        .env("ALONE", name)
        .output()
        .expect("it starts");
    assert!(ended.status.success(), "{ended:?}");
}

#[cfg(target_os = "linux")]
fn is_alone(name: &str) -> bool {
    std::env::var_os("ALONE").is_some_and(|alone| alone == name)
}

/// The process that decoders are forked from: the only child there is.
#[cfg(target_os = "linux")]
fn nursery() -> u32 {
    let children = children(std::process::id());
    let [nursery] = children[..] else {
        panic!("one nursery: {children:?}");
    };
    nursery
}

#[test]
#[cfg(target_os = "linux")]
fn one_process_serves_many_files_and_each_has_a_decoder_of_its_own() {
    let name = "isolation::one_process_serves_many_files_and_each_has_a_decoder_of_its_own";
    if !is_alone(name) {
        return alone(name);
    }
    let folder = Folder::new();
    let path = folder.file(&dicom(&DicomSpec::default()));
    let limits = Limits::default();
    let first = inspect(&worker(), &path, folder.folder.path(), &limits);
    let served = nursery();
    for _ in 0..5 {
        let again = inspect(&worker(), &path, folder.folder.path(), &limits);
        assert_eq!(again, first);
        assert_eq!(nursery(), served);
        assert_eq!(children(served), [0; 0], "its decoder has ended");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_ends_its_decoder_leaves_the_next_one_well() {
    let name = "isolation::a_file_that_ends_its_decoder_leaves_the_next_one_well";
    if !is_alone(name) {
        return alone(name);
    }
    let folder = Folder::new();
    let scratch = folder.folder.path();
    let good = folder.file(&dicom(&DicomSpec::default()));
    // Nobody writes into it: whoever opens it waits.
    let endless = scratch.join("pipe");
    let made = Command::new("mkfifo").arg(&endless).status();
    assert!(made.expect("a shell's tools").success());
    let large = scratch.join("large");
    let spec = DicomSpec {
        rows: 8000,
        columns: 8000,
        pixels: Some(vec![0; 128_000_000]),
        ..DicomSpec::default()
    };
    fs::write(&large, dicom(&spec)).expect("it takes the bytes");
    let limits = Limits::default();
    let well = imaging::inspect(&good, &limits);
    let short = Limits {
        max_time: Duration::from_secs(2),
        ..limits
    };
    let little = Limits {
        max_memory: 128 << 20,
        ..limits
    };
    let no_limits = Limits {
        max_time: Duration::from_mins(1),
        ..limits
    };
    assert_eq!(inspect(&worker(), &good, scratch, &limits), well);
    for (file, limits, signal, code) in [
        (&endless, &short, None, Code::TimedOut),
        (&large, &little, None, Code::TooLarge),
        (&endless, &no_limits, Some("ABRT"), Code::DecoderFailed),
    ] {
        let before = nursery();
        let killer = signal.map(|signal| std::thread::spawn(move || kill_decoder(before, signal)));
        let ended = inspect(&worker(), file, scratch, limits);
        killer.map(std::thread::JoinHandle::join);
        assert_eq!(failure(ended).code, code);
        assert_eq!(inspect(&worker(), &good, scratch, &no_limits), well);
        assert_ne!(nursery(), before, "{code:?}: another process serves now");
    }
    // What came of the process between two files is not the next file's fault.
    let before = nursery();
    let before = before.to_string();
    let killed = Command::new("kill")
        .args(["-KILL", &before])
        .status()
        .expect("a shell's tools");
    assert!(killed.success());
    assert_eq!(inspect(&worker(), &good, scratch, &limits), well);
}

/// Sends the decoder that `nursery` has forked a signal, as its own code might.
#[cfg(target_os = "linux")]
fn kill_decoder(nursery: u32, signal: &str) {
    let decoder = loop {
        match children(nursery).first() {
            Some(decoder) => break *decoder,
            None => std::thread::yield_now(),
        }
    };
    let (signal, decoder) = (format!("-{signal}"), decoder.to_string());
    let killed = Command::new("kill").args([signal, decoder]).status();
    assert!(killed.expect("a shell's tools").success());
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_ends_when_its_parent_is_killed() {
    let folder = Folder::new();
    // Nobody writes into it: whoever opens it waits.
    let pipe = folder.folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("a shell's tools").success());
    let mut parent = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "isolation::killed_parent"])
        .env("KILLED_PARENT", folder.folder.path())
        .spawn()
        .expect("a process");
    let began = std::time::Instant::now();
    let patience = Duration::from_secs(20);
    let waiting = loop {
        // Whether it has asked for the signal by now or not: it ends.
        if let Some(pid) = children(parent.id()).first() {
            break *pid;
        }
        assert!(began.elapsed() < patience, "no worker was started");
        std::thread::yield_now();
    };
    parent.kill().expect("killed");
    parent.wait().expect("an end");
    while state(waiting).is_some_and(|(state, _)| state != "Z") {
        assert!(began.elapsed() < patience, "the worker lives on");
        std::thread::yield_now();
    }
}
