//! Has the decoder look at a frame. It is a process of its own, because a file may be hostile.

use std::path::Path;
use std::time::Duration;

use imaging::dicom::{StoredFrame, View, Which};
use imaging::isolated::{self, Worker};
use imaging::{Code, FramePicture, Limits, Reason};
use service::error::Error;

use super::super::request::Call;
use super::local::Local;

/// How long a frame may take. A caller waits for it, and API Gateway waits for no more than 30 s.
const MOST_TIME: Duration = Duration::from_secs(15);

/// Who decodes for a call.
///
/// # Errors
/// [`Error::Internal`] if the program has no decoder.
pub(super) fn of(call: &Call) -> Result<Worker, Error> {
    let none = || Error::internal("this program has no decoder");
    call.decoder.clone().ok_or_else(none)
}

/// A picture of what is in `local`.
///
/// # Errors
/// See [`refused`].
pub(super) async fn render(
    worker: Worker,
    local: Local,
    view: View,
) -> Result<FramePicture, Error> {
    let looking = look(local, move |path, scratch, limits| {
        isolated::render(&worker, path, scratch, &view, limits)
    });
    Ok(looking.await?.0)
}

/// The samples of a frame of what is in `local`, and `local` again.
///
/// # Errors
/// See [`refused`].
pub(super) async fn decode(
    worker: Worker,
    local: Local,
    frame: u32,
) -> Result<(StoredFrame, Local), Error> {
    look(local, move |path, scratch, limits| {
        isolated::decode(&worker, path, scratch, Which::Number(frame), limits)
    })
    .await
}

async fn look<T: Send + 'static>(
    local: Local,
    work: impl FnOnce(&Path, &Path, &Limits) -> Result<T, Reason> + Send + 'static,
) -> Result<(T, Local), Error> {
    let limits = Limits {
        max_time: MOST_TIME,
        ..Limits::default()
    };
    let looking = tokio::task::spawn_blocking(move || {
        let seen = work(&local.path(), local.scratch(), &limits);
        (seen, local)
    });
    let (seen, local) = looking.await.map_err(Error::internal)?;
    Ok((seen.map_err(refused)?, local))
}

/// Why there is no picture, for the caller.
fn refused(reason: Reason) -> Error {
    match reason.code {
        Code::NoSuchFrame => Error::NotFound,
        Code::BadViewport => Error::bad_request("viewport", "names a part outside of the picture"),
        Code::BadWindow => Error::bad_request("window", reason.message),
        // No other media type would help, because the file itself cannot be decoded (PS3.18, section 10.4.3.1).
        _ => Error::NotAcceptable(format!("It cannot be decoded. {}", reason.message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_hears_what_can_be_done_about_a_frame_that_is_not_decoded() {
        for (code, status) in [
            (Code::NoSuchFrame, 404),
            (Code::BadViewport, 400),
            (Code::BadWindow, 400),
            (Code::Video, 406),
            (Code::Damaged, 406),
            (Code::TimedOut, 406),
        ] {
            assert_eq!(refused(code.into()).status(), status, "{code:?}");
        }
    }
}
