//! WADO-RS: frames as they are stored (PS3.18, sections 10.4.1.1.6 and 10.4.1.1.8). The index that processing made says where each is.

use std::io::Read as _;

use axum::response::Response;
use flate2::read::DeflateDecoder;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use imaging::dicom::{FrameIndex, FramePart, Head};
use service::App;
use service::auth::access::Action;
use service::bucket::{Object, Written};
use service::domain::{FileRecord, object_key};
use service::error::Error;

use super::answer::{self, Identity};
use super::domain::frames::{self, EXPLICIT};
use super::domain::multipart::{AROUND, Parts};
use super::elements;
use super::found::{instance, syntax_of};
use super::request::{Asks, Call, not_acceptable};
use super::retrieve::bytes_of;

/// Bytes of an index that is an object of its own, at most: imaging makes none that is larger.
const MOST_OF_INDEX: u64 = 64 << 20;
/// Frames that are read at once.
const AT_ONCE: usize = 8;

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
    Frames { app, file, index }.answer(&asks, &numbers).await
}

/// The index of the frames of an instance; `None` if it has no pixels.
async fn index_of(app: &App, file: &FileRecord) -> Result<Option<FrameIndex>, Error> {
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
    async fn answer(&self, asks: &Asks, numbers: &[u32]) -> Result<Response, Error> {
        let stored = syntax_of(&self.file);
        let kind = match self.index {
            FrameIndex::Native(_) => None,
            FrameIndex::Fragments(_) => frames::kind_of(stored),
        };
        let is_compressed = matches!(self.index, FrameIndex::Fragments(_));
        let there = frames::media(kind, numbers.len() == 1);
        let takes = |media, named: Option<&str>| frames::takes(media, named, stored, is_compressed);
        let media = asks
            .accepted
            .choose_by(&there, takes)
            .ok_or_else(|| not_acceptable(&there))?;
        let syntax = if is_compressed { stored } else { EXPLICIT };
        let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let identity = Identity::of(
            std::slice::from_ref(&self.file),
            &format!("frames {} as {media}", list.join(",")),
        );
        if let Some(unchanged) = answer::unchanged(asks, &identity) {
            return Ok(unchanged);
        }
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
        let all = self.bytes(parts).await?;
        let part_type = format!("{}; transfer-syntax={syntax}", media.kind);
        if !media.in_parts {
            let bytes = all.into_iter().next().unwrap_or_default();
            return self.carried(asks, &identity, bytes, &part_type).await;
        }
        let mut answer = Parts::new(identity.boundary(), media.kind);
        for bytes in all {
            answer.begin(&[("Content-Type", &part_type)]);
            answer.extend(&bytes);
        }
        let content_type = answer.content_type();
        self.carried(asks, &identity, answer.finish(), &content_type)
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
        let reading: Vec<_> = parts.iter().map(|part| self.stored_one(part)).collect();
        stream::iter(reading).buffered(AT_ONCE).try_collect().await
    }

    async fn stored_one(&self, part: &FramePart) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let bucket = &self.app.bucket;
        for (offset, length) in joined(&part.ranges) {
            if length > 0 {
                let read = bucket.range_of_original(&self.file, offset, length);
                bytes.extend(read.await?);
            }
        }
        Ok(bytes)
    }
}

/// Ranges that follow one another as one.
fn joined(ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (offset, length) in ranges {
        match joined.last_mut() {
            Some(last) if last.0 + last.1 == *offset => last.1 += length,
            _ => joined.push((*offset, *length)),
        }
    }
    joined
}

fn length_of(part: &FramePart) -> u64 {
    part.ranges.iter().map(|(_, length)| length).sum()
}

/// The first `length` bytes of a data set that is deflated as a whole (PS3.5, section A.5): behind the group of the file's meta information, whose
/// length stands at its beginning (PS3.10, section 7.1).
///
/// # Errors
/// [`Error::NotFound`] if there are not so many.
pub(super) fn inflated(file: &[u8], length: u64) -> Result<Vec<u8>, Error> {
    const GROUP_LENGTH: usize = 132;
    let value = file
        .get(GROUP_LENGTH + 8..)
        .and_then(|rest| rest.first_chunk::<4>());
    let start = value.map(|value| GROUP_LENGTH + 12 + u32::from_le_bytes(*value) as usize);
    let deflated = start
        .and_then(|start| file.get(start..))
        .ok_or(Error::NotFound)?;
    if length > answer::MOST_PREPARED {
        return Err(answer::too_large(length));
    }
    let mut set = Vec::new();
    DeflateDecoder::new(deflated)
        .take(length)
        .read_to_end(&mut set)
        .map_err(|_| Error::NotFound)?;
    if set.len() as u64 == length {
        Ok(set)
    } else {
        Err(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_follow_one_another_are_one() {
        assert_eq!(joined(&[(0, 4), (4, 4), (10, 2)]), [(0, 8), (10, 2)]);
        assert_eq!(joined(&[]), []);
    }
}
