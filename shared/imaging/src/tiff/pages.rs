//! Which directory of a file is the picture, and which are smaller levels of it: in the directories that follow (slide
//! scanners) or in those that the `SubIFDs` tag points at (OME-TIFF).
//!
//! A directory says by its `NewSubfileType` (TIFF 6.0, section 8) that it is a reduced version of another one (bit 0) or
//! a mask (bit 2). Of the others, which are pages of their own, the first is the picture: the second page of a scanned
//! letter may have the same shape and be smaller.

use std::io::{Read, Seek};

use super::directory::{Directory, Source, tag};
use crate::{Code, Limits, Picture};

/// Directories looked at. Slides have about ten.
const MAX_DIRECTORIES: usize = 64;

/// Reduced versions tried for a picture that cannot be shown.
const MAX_SPARE: usize = 3;

/// A directory, and what it says of itself.
#[derive(Clone)]
pub(super) struct Page {
    /// Where its directory is.
    at: u64,
    pub(super) directory: Directory,
    pub(super) size: (u64, u64),
    kind: Kind,
    tiled: bool,
    /// One of the sizes of a slide, as its maker writes them.
    slide: bool,
}

/// What a directory says it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Reduced,
    Mask,
}

impl Page {
    fn read<R: Read + Seek>(source: &mut Source<R>, at: u64, directory: Directory) -> Option<Self> {
        let width = source.first_unsigned(&directory, tag::IMAGE_WIDTH)?;
        let height = source.first_unsigned(&directory, tag::IMAGE_LENGTH)?;
        let kind = source.first_unsigned(&directory, tag::NEW_SUBFILE_TYPE);
        // Its predecessor: 2 is a reduced version.
        let old_kind = source.first_unsigned(&directory, tag::SUBFILE_TYPE);
        let photometric = source.first_unsigned(&directory, tag::PHOTOMETRIC);
        let kind = kind.unwrap_or_default();
        Some(Self {
            at,
            size: (width, height),
            kind: match kind {
                _ if kind & 4 != 0 || photometric == Some(4) => Kind::Mask,
                _ if kind & 1 != 0 || (kind == 0 && old_kind == Some(2)) => Kind::Reduced,
                _ => Kind::Whole,
            },
            tiled: directory.has(tag::TILE_OFFSETS),
            slide: is_of_slide(source, &directory),
            directory,
        })
    }

    /// Whether both are the same directory.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.at == other.at
    }

    fn long(&self) -> u64 {
        self.size.0.max(self.size.1)
    }

    fn pixels(&self) -> u64 {
        self.size.0.saturating_mul(self.size.1)
    }

    /// Whether `self` shows the same as `picture`, only smaller.
    fn is_level_of(&self, picture: &Self, limits: &Limits) -> bool {
        let ((width, height), whole) = (self.size, picture.size);
        // Same shape within the rounding of one pixel of the smaller level.
        let skew = (width.saturating_mul(whole.1)).abs_diff(height.saturating_mul(whole.0));
        let same_shape = skew <= picture.long();
        let smaller = self.long() < picture.long() && width > 0 && height > 0;
        // Of a picture that is too large for anything else, tiles of the same shape are taken at their word.
        let likely = (picture.slide && self.slide)
            || (picture.tiled && self.tiled && picture.pixels() > limits.max_pixels);
        same_shape
            && smaller
            && (self.kind == Kind::Reduced || (self.kind == Kind::Whole && likely))
    }
}

/// Scanners of Aperio, Ventana and Hamamatsu do not set `NewSubfileType` for the levels of a pyramid.
fn is_of_slide<R: Read + Seek>(source: &mut Source<R>, directory: &Directory) -> bool {
    directory.has(tag::NDPI_FORMAT)
        || source
            .text(directory, tag::IMAGE_DESCRIPTION)
            .is_some_and(|text| text.starts_with("Aperio") || text.starts_with("level="))
}

/// The picture, and what to decode for it, best first.
pub(super) struct Chosen {
    pub(super) picture: Page,
    pub(super) levels: Vec<Page>,
}

/// Chooses the picture. To decode, it names the smallest level that is large enough for a preview, then, for a picture
/// that cannot be shown, its reduced versions, largest first: raw files of cameras have one.
pub(super) fn choose<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Chosen, Code> {
    let (main, sub) = directories(source)?;
    let whole = |page: &&Page| page.kind == Kind::Whole;
    // Cameras put a thumbnail first and the picture into a sub-directory.
    let picture = main
        .iter()
        .find(whole)
        .or_else(|| sub.iter().find(whole))
        .or_else(|| main.iter().find(|page| page.kind != Kind::Mask))
        .or(main.first())
        .ok_or(Code::Damaged)?
        .clone();
    let levels: Vec<&Page> = main.iter().chain(&sub).collect();
    let mut rest: Vec<&Page> = levels
        .iter()
        .copied()
        .filter(|page| page.is_level_of(&picture, limits))
        .collect();
    rest.sort_by_key(|page| page.long());
    let enough = |page: &&&Page| page.long() >= u64::from(Picture::PREVIEW_SIDE);
    let mut order: Vec<Page> = rest
        .iter()
        .find(enough)
        .map(|&page| page.clone())
        .into_iter()
        .collect();
    order.push(picture.clone());
    order.extend(rest.iter().rev().take(MAX_SPARE).map(|&page| page.clone()));
    Ok(Chosen {
        picture,
        levels: order,
    })
}

/// The directories of the main chain, and those below them. Only the first has to be whole.
fn directories<R: Read + Seek>(source: &mut Source<R>) -> Result<(Vec<Page>, Vec<Page>), Code> {
    let (mut main, mut sub, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    let mut tried = 0;
    let mut at = source.first;
    while at != 0 && seen.len() < MAX_DIRECTORIES && !seen.contains(&at) {
        seen.push(at);
        let directory = match source.directory(at) {
            Ok(directory) => directory,
            Err(code) if main.is_empty() => return Err(code),
            Err(_) => break,
        };
        let (here, next) = (at, directory.next);
        at = next;
        let below = source
            .numbers(&directory, tag::SUB_IFDS, 8 * MAX_DIRECTORIES as u64)
            .unwrap_or_default();
        main.extend(Page::read(source, here, directory));
        for offset in below {
            // As many as are looked at, whatever is found there.
            tried += 1;
            if tried > MAX_DIRECTORIES {
                break;
            }
            if let Ok(directory) = source.directory(offset) {
                // SubIFDs of a level are of no use.
                let page = Page::read(source, offset, directory);
                sub.extend(page.map(|page| reduced_if_below(page, &main)));
            }
        }
    }
    Ok((main, sub))
}

/// What stands below a whole picture is a version of it (TIFF Technical Note 1), whether it says so or not.
fn reduced_if_below(page: Page, main: &[Page]) -> Page {
    let below_whole = main.last().is_some_and(|page| page.kind == Kind::Whole);
    match page.kind {
        Kind::Whole if below_whole => Page {
            kind: Kind::Reduced,
            ..page
        },
        _ => page,
    }
}
