//! Frames from the isolated worker, and answers of a worker that was taken over.

use std::fs;
use std::io::Cursor;

use imaging::dicom::{PictureFile, View, Which, decode_frame, render_frame};
use imaging::fixtures::{DicomSpec, dicom};
use imaging::isolated::{self, Worker};
use imaging::{Code, Limits, Reason};

use crate::isolation::{Folder, worker};

fn three_frames() -> Vec<u8> {
    dicom(&DicomSpec {
        frames: 3,
        ..DicomSpec::default()
    })
}

#[test]
fn a_worker_gives_the_frame_that_this_process_gives() {
    let (folder, limits) = (Folder::new(), Limits::default());
    let path = folder.file(&three_frames());
    let scratch = folder.folder.path();
    let open = || fs::File::open(&path).expect("our file");
    for which in [
        Which::Middle,
        Which::Number(1),
        Which::Number(3),
        Which::Number(4),
    ] {
        let view = View {
            frame: which,
            side: std::num::NonZeroU32::new(32),
            ..View::default()
        };
        let here = decode_frame(open(), which, &limits);
        assert_eq!(
            isolated::decode(&worker(), &path, scratch, which, &limits),
            here
        );
        let here = render_frame(open(), &view, &limits);
        let there = isolated::render(&worker(), &path, scratch, &view, &limits);
        match (here, there) {
            (Ok(here), Ok(there)) => {
                assert_eq!((there.width, there.height), (here.width, here.height));
                let (width, height, _, levels) = crate::decode(&there.bytes);
                assert_eq!((width, height), (32, 32));
                let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) < 20;
                assert!(levels.iter().zip(&here.data).all(near), "{which:?}");
            }
            (here, there) => assert_eq!(
                there.map(|_| ()).map_err(|reason| reason.code),
                here.map(|_| ()).map_err(|reason| reason.code)
            ),
        }
    }
    let left = fs::read_dir(scratch).expect("a folder").count();
    assert_eq!(left, 1, "the worker's files are gone");
}

#[test]
fn a_worker_writes_the_kind_of_file_that_is_asked_for() {
    let (folder, limits) = (Folder::new(), Limits::default());
    let file = three_frames();
    let path = folder.file(&file);
    let scratch = folder.folder.path();
    let written = |file| {
        let view = View {
            file,
            ..View::default()
        };
        let picture = isolated::render(&worker(), &path, scratch, &view, &limits);
        picture.expect("a picture").bytes
    };
    let raster = render_frame(Cursor::new(&file), &View::default(), &limits).expect("a picture");
    let png = written(PictureFile::Png);
    let mut reader = png::Decoder::new(Cursor::new(&png))
        .read_info()
        .expect("a PNG");
    let mut levels = vec![0; raster.data.len()];
    reader.next_frame(&mut levels).expect("its pixels");
    assert_eq!(levels, raster.data);
    let sizes = [1, 50, 100].map(|quality| written(PictureFile::Jpeg(quality)).len());
    assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
}

/// A worker that speaks with its parent as a nursery does, and whose decoder is a script with these arguments.
fn decoder(script: &str, args: &[&str]) -> Worker {
    let nursery = r#"read time folder; echo begun >&0; cd "$folder"; sh -c "$0" "$@" </dev/null 2>stderr; code=$?
        if [ $code -gt 128 ]; then echo signal $((code - 128)) >&0; else echo exit $code >&0; fi"#;
    let args = [&["-c", nursery, script], args].concat();
    Worker::Program {
        program: "/bin/sh".into(),
        args: args.into_iter().map(str::to_owned).collect(),
    }
}

/// A worker that answers with this text and so many bytes of a frame.
fn liar(answer: &str, bytes: usize) -> Worker {
    let script = "printf %s \"$0\" > answer.json; printf '\\377\\330\\377%*s' \"$1\" '' > frame";
    decoder(script, &[answer, &bytes.saturating_sub(3).to_string()])
}

#[test]
fn an_answer_that_no_worker_gives_is_a_failed_decoder() {
    let frame = |from: &str, to: &str| {
        let honest = r#"{"Ok":{"rows":4,"columns":5,"samples_per_pixel":1,"bits_allocated":16,
            "bits_stored":12,"kind":"unsigned","photometric":"MONOCHROME2","warning":null}}"#;
        assert!(honest.contains(from), "{from}");
        honest.replace(from, to)
    };
    let failed = Some(Code::DecoderFailed);
    let folder = Folder::new();
    let path = folder.file(&three_frames());
    let scratch = folder.folder.path();
    let limits = Limits::default();
    for (answer, bytes, expected) in [
        (frame("", ""), 40, None),
        (frame("", ""), 39, failed),
        (frame("", ""), 41, failed),
        (frame("\"rows\":4", "\"rows\":0"), 40, failed),
        (frame("\"rows\":4", "\"rows\":4294967295"), 40, failed),
        (frame("\"rows\":4", "\"rows\":-4"), 40, failed),
        (
            frame("\"bits_allocated\":16", "\"bits_allocated\":17"),
            40,
            failed,
        ),
        (
            frame("\"bits_stored\":12", "\"bits_stored\":20"),
            40,
            failed,
        ),
        (
            frame("\"samples_per_pixel\":1", "\"samples_per_pixel\":2"),
            80,
            failed,
        ),
        (frame("MONOCHROME2", "<script>"), 40, failed),
        (frame("unsigned", "complex"), 40, failed),
        (String::new(), 40, failed),
        ("[".repeat(100_000), 40, failed),
        (
            r#"{"Err":{"code":"truncated","message":"Cut."}}"#.to_owned(),
            0,
            Some(Code::Truncated),
        ),
    ] {
        let worker = liar(&answer, bytes);
        let found = isolated::decode(&worker, &path, scratch, Which::Middle, &limits);
        let shown = answer.chars().take(300).collect::<String>();
        assert_eq!(
            found.err().map(|Reason { code, .. }| code),
            expected,
            "{shown}"
        );
    }
}

#[test]
fn a_picture_that_no_worker_gives_is_a_failed_decoder() {
    let failed = Some(Code::DecoderFailed);
    let folder = Folder::new();
    let path = folder.file(&three_frames());
    let scratch = folder.folder.path();
    let view = View {
        side: std::num::NonZeroU32::new(256),
        ..View::default()
    };
    for (answer, bytes, expected) in [
        (
            r#"{"Ok":{"width":256,"height":4,"warning":null}}"#,
            40,
            None,
        ),
        (
            r#"{"Ok":{"width":257,"height":4,"warning":null}}"#,
            40,
            failed,
        ),
        (
            r#"{"Ok":{"width":256,"height":0,"warning":null}}"#,
            40,
            failed,
        ),
        (r#"{"Ok":{"width":256}}"#, 40, failed),
        ("", 40, failed),
    ] {
        let worker = liar(answer, bytes);
        let found = isolated::render(&worker, &path, scratch, &view, &Limits::default());
        assert_eq!(found.err().map(|reason| reason.code), expected, "{answer}");
    }
    // No JPEG.
    let script = "printf '{\"Ok\":{\"width\":2,\"height\":2,\"warning\":null}}' > answer.json; echo '<html>' > frame";
    let worker = decoder(script, &[]);
    let found = isolated::render(&worker, &path, scratch, &view, &Limits::default());
    assert_eq!(found.err().map(|reason| reason.code), failed);
}

#[test]
fn a_worker_that_dies_says_why_there_is_no_frame() {
    let folder = Folder::new();
    let path = folder.file(&three_frames());
    let scratch = folder.folder.path();
    let limits = Limits {
        max_time: std::time::Duration::from_secs(1),
        ..Limits::default()
    };
    for (script, code) in [
        ("kill -SEGV $$", Code::DecoderFailed),
        ("exit 3", Code::DecoderFailed),
        ("kill -XFSZ $$", Code::TooLarge),
        (
            "echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$",
            Code::TooLarge,
        ),
        // This nursery's decoder does not end with it, as a real one does: so the kernel ends it after ten seconds.
        ("ulimit -t 10; read x < /dev/zero", Code::TimedOut),
    ] {
        let found = isolated::decode(
            &decoder(script, &[]),
            &path,
            scratch,
            Which::Middle,
            &limits,
        );
        assert_eq!(
            found.err().map(|reason| reason.code),
            Some(code),
            "{script}"
        );
    }
    // A frame of 128 MB does not fit into half of it.
    let large = dicom(&DicomSpec {
        rows: 8000,
        columns: 8000,
        pixels: Some(vec![0; 128_000_000]),
        ..DicomSpec::default()
    });
    let path = folder.file(&large);
    let limits = Limits {
        max_memory: 64 << 20,
        ..Limits::default()
    };
    let found = isolated::decode(&worker(), &path, scratch, Which::Middle, &limits);
    assert_eq!(found.err().map(|reason| reason.code), Some(Code::TooLarge));
}
