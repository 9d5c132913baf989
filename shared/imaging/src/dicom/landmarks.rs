//! What a walk over the elements passed and did not read, and how sequences are written.

use super::encoding::{Element, Encoding};
use super::tag::Tag;

/// What a walk passed and did not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Landmarks {
    pub(crate) pixels: Option<PixelElement>,
    /// Value of the Extended Offset Table (7FE0,0001): position and length.
    pub(crate) offset_table: Option<(u64, u64)>,
    /// The sequence of per-frame groups.
    pub(crate) per_frame_groups: Option<SequenceElement>,
    /// The bits of overlays.
    pub(crate) overlays: Vec<OverlayBits>,
}

/// Where the pixels are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PixelElement {
    /// (7FE0,0008), (7FE0,0009) or (7FE0,0010).
    pub(crate) tag: Tag,
    pub(crate) vr: Option<[u8; 2]>,
    /// Position of the first byte of the value.
    pub(crate) position: u64,
    /// Claimed bytes; `None` when encapsulated (undefined length).
    pub(crate) length: Option<u64>,
}

/// Where a sequence is, and the item of it that was kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SequenceElement {
    pub(super) position: u64,
    pub(super) length: u32,
    pub(super) items: Items,
    pub(super) kept: usize,
}

/// Where the bits of an overlay are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverlayBits {
    /// What is added to the tags of the first overlay.
    pub(crate) group: Tag,
    pub(crate) vr: Option<[u8; 2]>,
    pub(crate) position: u64,
    pub(crate) length: u32,
}

/// How the items of a sequence are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Items {
    pub(super) encoding: Encoding,
    /// Whether the first element of each item has to show if they are explicit: the sequence is of unknown
    /// representation, whose items are implicit (PS3.5 6.2.2 note 2), but many writers leave them as they were.
    pub(super) is_guess: bool,
}

impl Items {
    /// How the items of `element` are written, which is written in `encoding`.
    pub(super) fn of(element: &Element, encoding: Encoding) -> Self {
        if element.vr == Some(*b"UN") {
            Self {
                encoding: Encoding::IMPLICIT_LITTLE,
                is_guess: true,
            }
        } else {
            Self {
                encoding,
                is_guess: false,
            }
        }
    }
}
