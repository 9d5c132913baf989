//! Files that only their owner may read, whatever the umask: originals lie in them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;
/// Group and others.
const EVERYBODY_ELSE: u32 = 0o077;

/// Makes a folder that only its owner may enter, or closes the one there is.
pub fn folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(FOLDER).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => close(path, FOLDER),
        made => made,
    }
}

/// How to open a file that only its owner may read, should it be new.
#[must_use]
pub fn options() -> OpenOptions {
    let mut options = File::options();
    options.mode(FILE);
    options
}

/// Closes a file; one that is not there is made, empty. A file that is there is not opened for it: closing it again would take away the locks
/// that `SQLite` may have on it (<https://sqlite.org/howtocorrupt.html>, section 2.2).
pub fn file(path: &Path) -> io::Result<()> {
    match options().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => close(path, FILE),
        made => made.map(drop),
    }
}

/// Closes a database of `SQLite`, and what it has beside it, which gets the database's mode when it is made.
pub fn database(path: &Path) -> io::Result<()> {
    file(path)?;
    for beside in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(beside);
        if Path::new(&name).exists() {
            close(Path::new(&name), FILE)?;
        }
    }
    Ok(())
}

fn close(path: &Path, mode: u32) -> io::Result<()> {
    let is_open = |path: &Path| {
        let found = fs::metadata(path)?.permissions().mode();
        Ok::<_, io::Error>(found & EVERYBODY_ELSE != 0)
    };
    if !is_open(path)? {
        return Ok(());
    }
    // A file system without owners, such as a memory stick's, has nothing to close and nobody to close it to.
    match fs::set_permissions(path, Permissions::from_mode(mode)) {
        Ok(()) if !is_open(path)? => {}
        outcome => {
            tracing::warn!(path = %path.display(), ?outcome, "other users of this machine may read this");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }

    #[test]
    fn a_new_folder_and_a_new_file_are_closed() {
        let parent = tempfile::tempdir().expect("a folder");
        let (new, file) = (parent.path().join("a/data"), parent.path().join("file"));
        folder(&new).expect("made");
        super::file(&file).expect("made");
        assert_eq!((mode(&new), mode(&file)), (0o700, 0o600));
    }

    #[test]
    fn a_file_that_was_open_is_closed_and_keeps_its_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "bytes").expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("its owner's");
        file(&path).expect("closed");
        assert_eq!(
            (mode(&path), fs::read(&path).expect("read")),
            (0o600, b"bytes".to_vec())
        );
    }
}
