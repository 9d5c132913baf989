//! Why a stack did not start.

use std::io;
use std::path::{Path, PathBuf};

use service::config::ConfigError;

use crate::private;
use crate::template::TemplateError;

/// Why a stack did not start; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder cannot be used.
    #[error("the folder {0} cannot be used ({1}); set DATA_DIR to another one")]
    Folder(PathBuf, #[source] io::Error),
    /// The file of the secret cannot be used.
    #[error("the secret {0} cannot be used: {1}")]
    Secret(PathBuf, #[source] io::Error),
    /// The port is taken.
    #[error("port {0} cannot be used ({1}); set PORT to another one")]
    Port(u16, #[source] io::Error),
    /// An engine did not start.
    #[error("{0} did not start: {1}")]
    Engine(&'static str, String),
    /// The folder's tables are not those of this program.
    #[error(
        "the tables in DATA_DIR are not those of this program: {0}. Start the program that wrote them, or set DATA_DIR to another folder; \
         docs/OPERATIONS.md, \"Change an index\", tells how an index is changed"
    )]
    Schema(String),
    /// A newer version of the program has written the folder.
    #[error(
        "the data in DATA_DIR was written by a newer version of this program (schema {0}, this one knows {1}): start that version, or set \
         DATA_DIR to another folder"
    )]
    Newer(u32, u32),
    /// What an older version wrote could not be moved into the new tables.
    #[error(
        "the records of an older version in DATA_DIR could not be moved into the new tables: {0}. Nothing is lost; start again when the cause \
         is mended, and the rest is moved"
    )]
    Move(String),
    /// Some of what an older version wrote cannot be moved.
    #[error(
        "{0} records of an older version in DATA_DIR cannot be moved into the new tables, because they cannot be read or were changed on both \
         sides. Nothing is lost; docs/OPERATIONS.md, \"Upgrade from an older version\", tells what to do"
    )]
    NotMoved(u64),
    /// A setting of the local stack is wrong.
    #[error("{0} {1}")]
    Variable(&'static str, String),
    /// A setting of the functions is wrong.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// template.yaml and the code do not agree.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl StartError {
    pub(crate) fn folder(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        |error| Self::Folder(path, error)
    }

    pub(crate) fn secret(folder: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = folder.join(private::SECRET);
        |error| Self::Secret(path, error)
    }

    pub(crate) fn port(port: u16) -> impl Fn(io::Error) -> Self {
        move |error| Self::Port(port, error)
    }
}
