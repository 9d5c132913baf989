//! Who may do what. This table is the only place that decides it.

use crate::auth::Caller;
use crate::domain::FileRecord;
use crate::error::Error;

/// What a caller wants to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read the record.
    View,
    /// Get the bytes by redirect.
    Download,
    /// Get a presigned URL of the bytes or a picture.
    Url,
    /// Carry on, complete or abort an upload.
    Upload,
    /// Change fields.
    Update,
    /// Put it into the trash.
    Delete,
    /// Take it out of the trash.
    Restore,
    /// Move it to the cold storage class.
    Archive,
    /// Move it back.
    Unarchive,
    /// Read who did what.
    ReadAccessLog,
}

impl Action {
    /// The name in the access log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Download => "download",
            Self::Url => "url",
            Self::Upload => "upload",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
            Self::ReadAccessLog => "access_log",
        }
    }
}

/// Decides about one file. Somebody else's file, and one in the trash, look exactly like none at all.
///
/// # Errors
/// [`Error::NotFound`] when the caller may not, or must not know.
pub fn check(caller: &Caller, action: Action, file: &FileRecord) -> Result<(), Error> {
    let sees = caller.admin || file.uploaded_by == caller.id;
    let in_reach = match action {
        // What is being purged is gone already.
        Action::Restore => file.is_deleted() && !file.purging,
        Action::ReadAccessLog => true,
        _ => !file.is_deleted(),
    };
    if sees && in_reach {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// For what only an admin may do.
///
/// # Errors
/// [`Error::Forbidden`] for everybody else.
pub fn require_admin(caller: &Caller) -> Result<(), Error> {
    if caller.admin {
        Ok(())
    } else {
        Err(Error::Forbidden("Only an administrator may do this."))
    }
}
