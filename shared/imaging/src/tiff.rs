//! TIFF files (TIFF 6.0 and `BigTIFF`) to pixels: every organisation, 1 to 64 bits.
//!
//! `directory` reads tags, `pages` chooses the picture, `layout` understands it by its `fields`, `chunk` decompresses its
//! strips or tiles (`streams` most of them, `fax` and `jpeg2000` two kinds), `samples` unpacks their rows, `canvas` puts
//! them together, and `colour` makes eight bits of whatever they are, some of them in other `spaces`.

mod canvas;
mod chunk;
mod colour;
mod directory;
mod fax;
mod fields;
mod jpeg2000;
mod layout;
mod pages;
mod samples;
mod spaces;
mod streams;

use std::io::{Read, Seek};

use directory::{Source, tag};
use layout::Layout;
use pages::Page;

use crate::orientation::Orientation;
use crate::picture::Decoded;
use crate::raster::Raster;
use crate::{Code, Limits, Reason};

/// Decodes the picture of a file, in the smallest level of its pyramid that still gives a preview its size.
pub(crate) fn decode(reader: impl Read + Seek, limits: &Limits) -> Result<Decoded, Reason> {
    let mut source = Source::open(reader)?;
    let chosen = pages::choose(&mut source, limits)?;
    let side = |side| u32::try_from(side).map_err(|_| Code::TooLarge);
    let original = (side(chosen.picture.size.0)?, side(chosen.picture.size.1)?);
    let orientation = source
        .first_unsigned(&chosen.picture.directory, tag::ORIENTATION)
        .map_or(Orientation::Upright, Orientation::from_number);
    let mut first = None;
    for level in &chosen.levels {
        match level_of(&mut source, level, limits) {
            Ok((raster, profile)) => {
                return Ok(Decoded {
                    raster,
                    original,
                    orientation,
                    profile,
                });
            }
            // The picture itself says why there is none.
            Err(reason) if level.is(&chosen.picture) => first = Some(reason),
            Err(_) => {}
        }
        // Another level does not make a damaged file whole.
        let broken = |reason: &Reason| reason.code.is_fault() && reason.code != Code::TooLarge;
        if first.as_ref().is_some_and(broken) {
            break;
        }
    }
    Err(first.unwrap_or_else(|| Code::Damaged.into()))
}

/// The pixels of a directory, and the profile of its colours.
fn level_of<R: Read + Seek>(
    source: &mut Source<R>,
    page: &Page,
    limits: &Limits,
) -> Result<(Raster, Option<Vec<u8>>), Reason> {
    let layout = Layout::read(source, &page.directory, limits)?;
    let canvas = canvas::read(source, &layout, limits)?;
    let shown = colour::show(canvas, &layout, limits)?;
    let side = |side| u32::try_from(side).map_err(|_| Code::TooLarge);
    let raster = Raster::new(
        side(layout.size.0)?,
        side(layout.size.1)?,
        shown.channels,
        shown.data,
    )
    .ok_or(Code::Damaged)?;
    let profile = source
        .bytes(&page.directory, tag::ICC_PROFILE)
        .filter(|_| !shown.stretched);
    Ok((raster, profile))
}
