//! The folder of a stack, for its owner only.

use std::fs;
use std::io;
use std::path::Path;

pub(crate) use ::private::{database, file};

/// The database of the tables in `DATA_DIR`.
pub(crate) const TABLES: &str = "dynamodb.sqlite";
/// The folder of the bucket in `DATA_DIR`.
pub(crate) const OBJECTS: &str = "objects";
/// The file of the secret in `DATA_DIR`.
pub(crate) const SECRET: &str = "secret";
/// What a stack keeps in its folder.
const OURS: [&str; 5] = [
    TABLES,
    "dynamodb.sqlite-shm",
    "dynamodb.sqlite-wal",
    OBJECTS,
    SECRET,
];

/// Makes `DATA_DIR`, or closes one that holds nothing but a stack. A folder that somebody uses for other things too stays as open as it is:
/// what the stack keeps in it is closed by itself.
pub(crate) fn data_folder(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return ::private::folder(path);
    }
    for entry in fs::read_dir(path)? {
        if !OURS.iter().any(|ours| entry_is(&entry, ours)) {
            return Ok(());
        }
    }
    ::private::folder(path)
}

fn entry_is(entry: &io::Result<fs::DirEntry>, name: &str) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.file_name() == name)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }

    fn folder_with(mode: u32, names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in names {
            fs::write(folder.path().join(name), "").expect("written");
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(mode)).expect("its owner's");
        folder
    }

    #[test]
    fn a_new_folder_is_closed() {
        let parent = folder_with(0o755, &[]);
        let new = parent.path().join("a/data");
        data_folder(&new).expect("made");
        assert_eq!(mode(&new), 0o700);
    }

    #[test]
    fn a_folder_of_ours_that_was_open_is_closed() {
        let folder = folder_with(0o755, &["dynamodb.sqlite", "objects"]);
        data_folder(folder.path()).expect("closed");
        assert_eq!(mode(folder.path()), 0o700);
    }

    #[test]
    fn a_folder_that_holds_other_things_is_left_as_it_is() {
        let folder = folder_with(0o755, &["dynamodb.sqlite", "thesis.pdf"]);
        data_folder(folder.path()).expect("left");
        assert_eq!(mode(folder.path()), 0o755);
    }
}
