//! WADO-RS: pictures of instances and frames (PS3.18, sections 10.4.1.1.3 and 10.4.1.1.4): the one that processing made if it is what is asked for,
//! otherwise one that is made now.

use std::num::NonZeroU32;

use axum::response::Response;
use http::{HeaderValue, header};
use imaging::dicom::{PictureFile, View, Which};
use service::auth::access::Action;
use service::bucket::Written;
use service::domain::FileRecord;
use service::error::Error;

use super::super::answer::{self, Identity};
use super::super::domain::accept::Media;
use super::super::domain::asked::Options;
use super::super::domain::frames::numbers;
use super::super::domain::rendering::Rendering;
use super::super::found::instance;
use super::super::request::{Asks, Call, not_acceptable};
use super::super::thumbnail::{JPEG, made};
use super::decoder;
use super::frames::index_of;
use super::local::{Local, frames_of};

const PNG: Media = Media::single("image/png");

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// At most 256 pixels on a side, as JPEG.
    Thumbnail,
    /// As the parameters say, otherwise a pixel for each of the frame's.
    AsAsked,
}

/// The most pixels of a side of the pictures that processing makes.
const OF_THUMBNAIL: NonZeroU32 = NonZeroU32::new(256).unwrap();
const OF_PREVIEW: u32 = 1024;

/// Answers a picture of the instance or the frame that the path names. An instance of several frames is shown by the middle one.
///
/// # Errors
/// [`Error::NotFound`] if there is none; [`Error::BadRequest`]; [`Error::NotAcceptable`] also if it cannot be decoded.
pub(super) async fn respond(call: &Call, size: Size) -> Result<Response, Error> {
    let mut rendering = Rendering::default();
    let options = Options::read_with(&call.parameters, |name, value| {
        if size == Size::Thumbnail {
            return Ok(false);
        }
        rendering.take(name, value)
    });
    let asks = Asks::of(call, &options.map_err(Error::BadRequest)?)?;
    let frame = call.named.frames.as_deref().map(one_frame).transpose()?;
    let file = instance(call, Action::View, asks.owner).await?;
    let frames = frames_of(&file);
    if frame.is_some_and(|frame| frame > frames) || file.preview_path.is_none() {
        return Err(Error::NotFound);
    }
    let there: &[Media] = match size {
        Size::Thumbnail => &[JPEG],
        Size::AsAsked => &[JPEG, PNG],
    };
    let chosen = asks.accepted.choose(there).map(|(media, _)| media);
    let media = chosen.ok_or_else(|| not_acceptable(there))?;
    let is_only_frame = frame.is_none() || frames == 1;
    let mut answer = match made_already(&file, size) {
        Some(key) if media == JPEG && is_only_frame && rendering.is_usual() => {
            made(&call.app, &asks, &file, key).await?
        }
        _ => {
            let view = view(size, media, frame, &rendering);
            made_now(call, &asks, &file, view).await?
        }
    };
    warn(&mut answer, &rendering);
    Ok(answer)
}

/// The key of the picture that processing made, if it has a pixel for each of the frame's.
fn made_already(file: &FileRecord, size: Size) -> Option<&str> {
    if size == Size::Thumbnail {
        return file.thumbnail_path.as_deref();
    }
    let sides = file.dicom.as_ref().map(|dicom| (dicom.rows, dicom.columns));
    let (rows, columns) = sides.unwrap_or_default();
    let longest = rows.max(columns).unwrap_or_default();
    file.preview_path
        .as_deref()
        .filter(|_| longest <= OF_PREVIEW)
}

fn view(size: Size, media: Media, frame: Option<u32>, rendering: &Rendering) -> View {
    let quality = rendering.quality.map(PictureFile::Jpeg);
    View {
        frame: frame.map_or(Which::Middle, Which::Number),
        window: rendering.window,
        side: (size == Size::Thumbnail).then_some(OF_THUMBNAIL),
        viewport: rendering.viewport,
        file: if media == PNG {
            PictureFile::Png
        } else {
            quality.unwrap_or_default()
        },
    }
}

async fn made_now(
    call: &Call,
    asks: &Asks,
    file: &FileRecord,
    view: View,
) -> Result<Response, Error> {
    let identity = Identity::of(std::slice::from_ref(file), &format!("{view:?}"));
    if let Some(unchanged) = answer::unchanged(asks, &identity) {
        return Ok(unchanged);
    }
    let worker = decoder::of(call)?;
    let index = index_of(&call.app, file).await?.ok_or(Error::NotFound)?;
    let number = match view.frame {
        Which::Middle => frames_of(file).min(index.frames()) / 2 + 1,
        Which::Number(number) => number,
    };
    let view = View {
        frame: Which::Number(number),
        ..view
    };
    let local = Local::with_frame(&call.app, file, &index, number).await?;
    let picture = decoder::render(worker, local, view).await?;
    let written = Written {
        content_type: match view.file {
            PictureFile::Jpeg(_) => JPEG.kind,
            PictureFile::Png => PNG.kind,
        },
        is_gzip: false,
    };
    answer::carried(&call.app, asks, &identity, picture.bytes, written).await
}

fn one_frame(text: &str) -> Result<u32, Error> {
    let numbers = numbers(text).map_err(|message| Error::bad_request("frames", message))?;
    match numbers[..] {
        [number] => Ok(number),
        _ => Err(Error::bad_request(
            "frames",
            "must be the number of one frame",
        )),
    }
}

/// Says which parameters were left out of account (PS3.18, section 8.3.5.1).
fn warn(answer: &mut Response, rendering: &Rendering) {
    if rendering.ignored.is_empty() {
        return;
    }
    let ignored = rendering.ignored.join(", ");
    let warning = format!("299 filmroom \"These parameters are not supported: {ignored}.\"");
    if let Ok(warning) = HeaderValue::from_str(&warning) {
        answer.headers_mut().insert(header::WARNING, warning);
    }
}
