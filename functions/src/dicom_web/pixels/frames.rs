//! WADO-RS: frames as they are stored, or decoded (PS3.18, sections 10.4.1.1.6 and 10.4.1.1.8). The index that processing made says where each is.

use std::time::{Duration, Instant};

use axum::response::Response;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use imaging::dicom::{FrameIndex, FramePart, Head};
use service::App;
use service::auth::access::Action;
use service::bucket::{Object, Written};
use service::domain::{FileRecord, object_key};
use service::error::Error;

use super::super::answer::{self, Identity};
use super::super::domain::accept::Media;
use super::super::domain::frames::{self, EXPLICIT, Form};
use super::super::domain::multipart::{AROUND, Parts};
use super::super::elements;
use super::super::found::{instance, syntax_of};
use super::super::inflated::inflated;
use super::super::request::{Asks, Call, not_acceptable};
use super::super::retrieve::bytes_of;
use super::decoder;
use super::local::Local;
use super::part::stored;

/// Most bytes of an index that is an object of its own: imaging writes no larger one.
const MOST_OF_INDEX: u64 = 64 << 20;
/// Frames that are read at once.
const AT_ONCE: usize = 8;
/// How long frames are decoded one after the other. A caller waits for it, and API Gateway waits for no more than 30 s.
const MOST_TIME: Duration = Duration::from_secs(10);

/// The instance whose frames are asked for.
struct Frames<'a> {
    app: &'a App,
    file: FileRecord,
    index: FrameIndex,
}

/// Answers frames of an instance: those that the path names, or all.
///
/// # Errors
/// [`Error::NotFound`] if there is no such instance or frame; [`Error::BadRequest`], [`Error::NotAcceptable`], [`Error::TooLarge`].
pub(super) async fn respond(call: &Call) -> Result<Response, Error> {
    let (app, asks) = (&call.app, Asks::read(call)?);
    let numbers = match &call.named.frames {
        Some(numbers) => Some(
            frames::numbers(numbers).map_err(|message| Error::bad_request("frames", message))?,
        ),
        None => None,
    };
    let file = instance(call, Action::Download, asks.owner).await?;
    let index = index_of(app, &file).await?.ok_or(Error::NotFound)?;
    let numbers = numbers.unwrap_or_else(|| (1..=index.frames()).collect());
    if numbers.is_empty() || numbers.iter().any(|number| *number > index.frames()) {
        return Err(Error::NotFound);
    }
    Frames { app, file, index }
        .answer(call, &asks, &numbers)
        .await
}

/// The index of the frames of an instance; `None` if it has no pixels.
pub(super) async fn index_of(app: &App, file: &FileRecord) -> Result<Option<FrameIndex>, Error> {
    let gone = || Error::internal("the index of frames is gone");
    let key = elements::key_of(file);
    let Object::Bytes(head) = app.bucket.beginning(&key, Head::MOST as u64).await? else {
        return Err(gone());
    };
    match Head::read(&head).ok_or_else(gone)? {
        Head::NoPixels => Ok(None),
        Head::Index(index) => Ok(Some(index)),
        Head::Beside => {
            let key = object_key::frame_index(file.id, elements::made_of(file));
            let Object::Bytes(index) = app.bucket.instance(&key, MOST_OF_INDEX).await? else {
                return Err(gone());
            };
            FrameIndex::read(&index).map(Some).ok_or_else(gone)
        }
    }
}

impl Frames<'_> {
    async fn answer(&self, call: &Call, asks: &Asks, numbers: &[u32]) -> Result<Response, Error> {
        let stored = syntax_of(&self.file);
        let kind = match self.index {
            FrameIndex::Native(_) => None,
            FrameIndex::Fragments(_) => frames::kind_of(stored),
        };
        let is_compressed = matches!(self.index, FrameIndex::Fragments(_));
        let there = frames::media(kind, numbers.len() == 1);
        let form = |media, named: Option<&str>| frames::form(media, named, stored, is_compressed);
        let (media, form) = asks
            .accepted
            .choose_by(&there, form)
            .ok_or_else(|| not_acceptable(&there))?;
        let syntax = match form {
            Form::Stored if is_compressed => stored,
            Form::Stored | Form::Decoded => EXPLICIT,
        };
        let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let identity = Identity::of(
            std::slice::from_ref(&self.file),
            &format!("frames {} as {media} in {syntax}", list.join(",")),
        );
        if let Some(unchanged) = answer::unchanged(asks, &identity) {
            return Ok(unchanged);
        }
        let all = match form {
            Form::Decoded => self.decoded(call, numbers).await?,
            Form::Stored => {
                let parts: Vec<FramePart> = numbers
                    .iter()
                    .filter_map(|number| self.index.frame(number - 1))
                    .collect();
                let total: u64 = parts.iter().map(|part| length_of(part) + AROUND).sum();
                if total > answer::MOST_PREPARED {
                    return Err(answer::too_large(total));
                }
                let key = identity.key(asks.owner);
                if total > answer::MOST && self.app.bucket.has_prepared(&key).await? {
                    return answer::prepared(self.app, &key).await;
                }
                self.bytes(parts).await?
            }
        };
        self.written(asks, &identity, (media, syntax), all).await
    }

    /// Frames as bytes of explicit VR little endian.
    async fn decoded(&self, call: &Call, numbers: &[u32]) -> Result<Vec<Vec<u8>>, Error> {
        let begun = Instant::now();
        let worker = decoder::of(call)?;
        let mut local: Option<Local> = None;
        let (mut all, mut total) = (Vec::new(), 0);
        for number in numbers {
            if begun.elapsed() > MOST_TIME {
                return Err(Error::TooLarge(format!(
                    "Decoding takes longer than you can wait for: ask for {} frames at a time.",
                    all.len()
                )));
            }
            let with_it = match local.take() {
                Some(whole) => whole,
                None => Local::with_frame(self.app, &self.file, &self.index, *number).await?,
            };
            let (frame, used) = decoder::decode(worker.clone(), with_it, *number).await?;
            local = Some(used).filter(|used| used.is_whole);
            total += frame.bytes.len() as u64 + AROUND;
            if total > answer::MOST_PREPARED {
                return Err(answer::too_large(total));
            }
            all.push(frame.bytes);
        }
        Ok(all)
    }

    /// Answers frames, as parts or one alone.
    async fn written(
        &self,
        asks: &Asks,
        identity: &Identity,
        (media, syntax): (Media, &str),
        all: Vec<Vec<u8>>,
    ) -> Result<Response, Error> {
        let part_type = format!("{}; transfer-syntax={syntax}", media.kind);
        if !media.in_parts {
            let bytes = all.into_iter().next().unwrap_or_default();
            return self.carried(asks, identity, bytes, &part_type).await;
        }
        let mut answer = Parts::new(identity.boundary(), media.kind);
        for bytes in all {
            answer.begin(&[("Content-Type", &part_type)]);
            answer.extend(&bytes);
        }
        let content_type = answer.content_type();
        self.carried(asks, identity, answer.finish(), &content_type)
            .await
    }

    async fn carried(
        &self,
        asks: &Asks,
        identity: &Identity,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<Response, Error> {
        let written = Written {
            content_type,
            is_gzip: false,
        };
        answer::carried(self.app, asks, identity, bytes, written).await
    }

    /// The bytes of these frames, little endian and each from its first bit on.
    async fn bytes(&self, parts: Vec<FramePart>) -> Result<Vec<Vec<u8>>, Error> {
        let FrameIndex::Native(native) = self.index else {
            return self.stored(&parts).await;
        };
        let read = if native.inflated {
            let end = parts
                .iter()
                .flat_map(|part| &part.ranges)
                .map(|(offset, length)| offset + length)
                .max();
            let set = inflated(
                &bytes_of(self.app, &self.file).await?,
                end.unwrap_or_default(),
            )?;
            let range = |(offset, length): (u64, u64)| {
                let offset = usize::try_from(offset).ok()?;
                set.get(offset..offset.checked_add(usize::try_from(length).ok()?)?)
            };
            let part = |part: &FramePart| {
                let ranges: Option<Vec<&[u8]>> =
                    part.ranges.iter().map(|place| range(*place)).collect();
                ranges.map(|ranges| ranges.concat()).ok_or(Error::NotFound)
            };
            parts.iter().map(part).collect::<Result<Vec<_>, Error>>()?
        } else {
            self.stored(&parts).await?
        };
        let whole = native.bits.is_multiple_of(8);
        let bytes = read.into_iter().zip(&parts).map(|(bytes, part)| {
            let bytes = frames::swapped(bytes, native.word);
            if whole && part.first_bit == 0 {
                bytes
            } else {
                frames::aligned(&bytes, part.first_bit, native.bits)
            }
        });
        Ok(bytes.collect())
    }

    /// The bytes of these frames as they are in the file.
    async fn stored(&self, parts: &[FramePart]) -> Result<Vec<Vec<u8>>, Error> {
        let reading = parts.iter().map(|part| stored(self.app, &self.file, part));
        let reading: Vec<_> = reading.collect();
        stream::iter(reading).buffered(AT_ONCE).try_collect().await
    }
}

fn length_of(part: &FramePart) -> u64 {
    part.ranges.iter().map(|(_, length)| length).sum()
}
