//! The local disk of a run: a folder of its own that goes with it, and what killed runs have left.

use std::io;
use std::path::Path;

use service::error::Error;
use tempfile::{Builder, TempDir};

/// How the folders of runs begin.
const PREFIX: &str = "filmroom-run-";

/// A folder that is removed when it is dropped.
pub(super) fn folder() -> Result<TempDir, Error> {
    Builder::new()
        .prefix(PREFIX)
        .tempdir()
        .map_err(Error::internal)
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
    use super::*;

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
