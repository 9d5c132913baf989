//! This test binary as other processes: the decoder of pictures here, a stack that is killed in `durability`.

use imaging::isolated::{Worker, serve_if_worker};

/// Serves when this binary was started as a worker; otherwise passes.
#[test]
fn imaging_worker() {
    serve_if_worker();
}

/// This binary as the program that decodes pictures.
pub(crate) fn worker() -> Worker {
    Worker::Program {
        program: std::env::current_exe().expect("this binary has a path"),
        args: ["--exact", "harness::process::imaging_worker", "--nocapture"]
            .map(str::to_owned)
            .to_vec(),
    }
}
