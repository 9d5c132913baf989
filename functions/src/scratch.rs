//! The local disk of a run: a folder of its own that goes with it, and what killed runs have left.

use std::io::{self, ErrorKind};
use std::path::Path;

use service::error::Error;
use tempfile::{Builder, TempDir};

/// How the folders of runs begin.
const PREFIX: &str = "filmroom-run-";

/// A folder that is removed when it is dropped.
pub(crate) fn folder() -> Result<TempDir, Error> {
    Builder::new().prefix(PREFIX).tempdir().map_err(on_disk)
}

/// A full disk passes: another environment, or this one when somebody has made room, has the space. Going on without the copy would settle
/// the file without its picture for good.
pub(crate) fn on_disk(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Unavailable(error.into()),
        _ => Error::internal(error),
    }
}

/// Removes what runs of this environment have left. Lambda keeps `/tmp` when it resets an environment after a time-out or a crash
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>): a copy of 9 GB would leave no room for the next file,
/// and patients' bytes would lie about. Only for a program that has the machine to itself, before its first run.
///
/// # Errors
/// When the folder for temporary files cannot be read, or something in it cannot be removed.
pub fn empty() -> io::Result<()> {
    empty_in(&std::env::temp_dir())
}

fn empty_in(temporary: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(temporary)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::fs::OpenOptions;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// `/dev/full` is always full.
    #[tokio::test]
    async fn a_full_disk_is_no_reason_to_settle_a_file() {
        let full = OpenOptions::new().write(true).open("/dev/full").await;
        let mut full = full.expect("/dev/full");
        let written = match full.write_all(b"bytes").await {
            Ok(()) => full.flush().await,
            failed => failed,
        };
        let error = on_disk(written.expect_err("no room"));
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }

    #[test]
    fn what_a_killed_run_has_left_is_removed_and_nothing_else() {
        let temporary = tempfile::tempdir().expect("a folder");
        let left = Builder::new().prefix(PREFIX).tempdir_in(&temporary);
        let left = left.expect("a run's folder").keep();
        std::fs::write(left.join("object"), "bytes of a patient").expect("a copy");
        let other = temporary.path().join("other");
        std::fs::create_dir(&other).expect("a folder of somebody else's");
        empty_in(temporary.path()).expect("an empty folder");
        assert!(!left.exists());
        assert!(other.exists());
    }
}
