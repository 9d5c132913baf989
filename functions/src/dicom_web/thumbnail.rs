//! WADO-RS: pictures (PS3.18, sections 10.4.1.1.3 and 10.4.1.1.4): those that processing made.

use axum::response::Response;
use service::auth::access::Action;
use service::bucket::{Object, Written};
use service::domain::FileRecord;
use service::error::Error;

use super::answer::{self, Identity};
use super::domain::accept::Media;
use super::domain::frames;
use super::found::{instance, representative};
use super::request::{Asks, Call, not_acceptable};

const JPEG: Media = Media::single("image/jpeg");
/// Bytes of a picture, at most.
const MOST: u64 = answer::MOST;

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// At most 256 pixels on a side.
    Thumbnail,
    /// At most 1,024.
    Preview,
}

/// Answers a picture of what the path names: of a study or a series that of one of its instances.
///
/// # Errors
/// [`Error::NotFound`] if there is none; [`Error::BadRequest`], [`Error::NotAcceptable`].
pub(super) async fn respond(call: &Call, size: Size) -> Result<Response, Error> {
    let (app, asks) = (&call.app, Asks::read(call)?);
    let frame = match &call.named.frames {
        Some(number) => Some(one_frame(number)?),
        None => None,
    };
    let file = match call.named.instance {
        Some(_) => instance(call, Action::View, asks.owner).await?,
        None => representative(call, Action::View, asks.owner).await?,
    };
    if let Some(frame) = frame {
        check_frame(&file, frame)?;
    }
    if asks.accepted.choose(&[JPEG]).is_none() {
        return Err(not_acceptable(&[JPEG]));
    }
    let key = match size {
        Size::Thumbnail => file.thumbnail_path.as_deref(),
        Size::Preview => file.preview_path.as_deref(),
    };
    let key = key.ok_or(Error::NotFound)?;
    let identity = Identity::of(std::slice::from_ref(&file), key);
    if let Some(unchanged) = answer::unchanged(&asks, &identity) {
        return Ok(unchanged);
    }
    let Object::Bytes(jpeg) = app.bucket.instance(key, MOST).await? else {
        return Err(Error::internal("a picture is gone"));
    };
    let written = Written {
        content_type: JPEG.kind,
        is_gzip: false,
    };
    answer::carried(app, &asks, &identity, jpeg, written).await
}

fn one_frame(text: &str) -> Result<u32, Error> {
    let numbers = frames::numbers(text).map_err(|message| Error::bad_request("frames", message))?;
    match numbers[..] {
        [number] => Ok(number),
        _ => Err(Error::bad_request(
            "frames",
            "must be the number of one frame",
        )),
    }
}

/// Of several frames only the middle one has a picture.
fn check_frame(file: &FileRecord, frame: u32) -> Result<(), Error> {
    let frames = file
        .dicom
        .as_ref()
        .and_then(|dicom| dicom.number_of_frames)
        .unwrap_or(1)
        .max(1);
    if frame > frames {
        return Err(Error::NotFound);
    }
    if frames > 1 {
        return Err(Error::NotAcceptable("Single frames of several are not rendered here: there are frames as they are stored, and a picture of the instance.".to_owned()));
    }
    Ok(())
}
