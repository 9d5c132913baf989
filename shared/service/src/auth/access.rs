//! Who may do what, and what of it the access log tells. These tables are the only place that decides it.

use crate::auth::Caller;
use crate::config::PatientsOf;
use crate::domain::{FileRecord, Status};
use crate::error::Error;

/// What a caller wants to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read the record.
    View,
    /// Be shown the record where something else was asked for.
    Look,
    /// See how far an upload is, which tells nothing of what is in it: what is the caller's own needs no entry.
    Follow,
    /// Be shown records, or patients, as one of many.
    List,
    /// Get the bytes by redirect.
    Download,
    /// Get a presigned URL of the bytes or a picture.
    Url,
    /// Carry on an upload.
    Upload,
    /// Have all parts of an upload put together.
    Complete,
    /// End an upload that is not wanted any more.
    Abort,
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
    /// Remove what was in the trash, or what is left of an upload, for good: the service does it by itself.
    Purge,
    /// Read who did what.
    ReadAccessLog,
    /// Be here for the first time, or be called something else than before: the token says it.
    SignIn,
}

impl Action {
    /// The name in the access log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::View | Self::Look | Self::Follow => "view",
            Self::List => "list",
            Self::Purge => "purge",
            Self::Complete => "complete",
            Self::Download => "download",
            Self::Url => "url",
            Self::Upload => "upload",
            Self::Abort => "abort",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
            Self::ReadAccessLog => "access_log",
            Self::SignIn => "sign_in",
        }
    }

    /// When it leaves its entry in the access log.
    fn logged(self) -> Logged {
        match self {
            Self::View | Self::Look | Self::List | Self::Download | Self::Url => Logged::OnOpening,
            // The owner's is logged once, when the upload begins; carrying it on takes many requests, and shows nothing.
            Self::Follow | Self::Upload => Logged::OnOpeningByOthers,
            Self::Abort
            | Self::Complete
            | Self::Purge
            | Self::Update
            | Self::Delete
            | Self::Restore
            | Self::Archive
            | Self::Unarchive
            | Self::SignIn => Logged::WithTheChange,
            // It shows nothing of the file.
            Self::ReadAccessLog => Logged::Never,
        }
    }
}

/// When an action leaves its entry in the access log: always before anything is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Logged {
    /// When the file is opened, whoever asks.
    OnOpening,
    /// When the file is opened by somebody who does not own it.
    OnOpeningByOthers,
    /// In the transaction of the change.
    WithTheChange,
    Never,
}

/// The entry that opening `file` for `action` leaves.
#[must_use]
pub fn entry_of_opening(caller: &Caller, action: Action, file: &FileRecord) -> Option<Action> {
    let action = match action {
        // An upload that is over is not carried on, only looked at.
        Action::Upload if file.status != Status::Uploading => Action::Follow,
        action => action,
    };
    let leaves = match action.logged() {
        Logged::OnOpening => true,
        Logged::OnOpeningByOthers => file.uploaded_by != caller.id,
        Logged::WithTheChange | Logged::Never => false,
    };
    leaves.then_some(action)
}

/// The entry that an opened `file` leaves when `action` has `changed` it. What changes nothing only shows the record.
#[must_use]
pub fn entry_of_change(
    caller: &Caller,
    action: Action,
    file: &FileRecord,
    changed: bool,
) -> Option<Action> {
    match action.logged() {
        Logged::WithTheChange if changed => Some(action),
        Logged::WithTheChange => entry_of_opening(caller, Action::Look, file),
        // Its entry is there already, or it needs none.
        Logged::OnOpening | Logged::OnOpeningByOthers | Logged::Never => None,
    }
}

/// Decides about one file. Somebody else's file, and one in the trash, look exactly like none at all.
///
/// # Errors
/// [`Error::NotFound`] when the caller may not, or must not know.
pub fn check(caller: &Caller, action: Action, file: &FileRecord) -> Result<(), Error> {
    let sees = caller.admin || file.uploaded_by == caller.id;
    let in_reach = match action {
        // A file that is being purged is gone already.
        Action::Restore => file.is_deleted() && !file.purging,
        Action::ReadAccessLog => !file.purging,
        _ => !file.is_deleted(),
    };
    if sees && in_reach {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Whether `caller` may read a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatientAccess {
    #[expect(missing_docs, reason = "the name says it")]
    Granted,
    /// If they have files of the patient. Otherwise it looks exactly like none at all.
    WithFiles,
}

/// Whether `caller` may read a patient whom `made_by` has made; of one whom an older version wrote, nobody knows who.
#[must_use]
pub fn reads_patient(caller: &Caller, of: PatientsOf, made_by: Option<i64>) -> PatientAccess {
    if caller.admin || of == PatientsOf::Everybody || made_by == Some(caller.id) {
        PatientAccess::Granted
    } else {
        PatientAccess::WithFiles
    }
}

/// Whose studies `caller` is shown: their own, or for an admin those of the user they ask for. `None`: there are none for them.
#[must_use]
pub fn studies_of(caller: &Caller, asked_for: Option<i64>) -> Option<i64> {
    let owner = asked_for.unwrap_or(caller.id);
    (caller.admin || owner == caller.id).then_some(owner)
}

/// Whose jobs `caller` sees and cancels: their own, also an admin.
#[must_use]
pub fn jobs_of(caller: &Caller) -> i64 {
    caller.id
}

/// For what only an admin may do.
///
/// # Errors
/// [`Error::Forbidden`] for everybody else.
pub fn require_admin(caller: &Caller) -> Result<(), Error> {
    if caller.admin {
        Ok(())
    } else {
        Err(FOR_ADMINS)
    }
}

/// What everybody but an administrator is told.
pub const FOR_ADMINS: Error = Error::Forbidden("Only an administrator may do this.");

#[cfg(test)]
mod tests;
