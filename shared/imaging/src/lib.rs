//! Pure image knowledge: bytes or a file in, facts and pictures out. No network, no AWS, no async.
//!
//! # Map
//!
//! - [`sniff()`] / [`declared`]: which kind of file the bytes are, or the name claims ([`FileType`]).
//! - [`inspect()`]: everything about one file: type, DICOM header, thumbnail and preview ([`Inspection`]).
//! - [`dicom::render_frame`] / [`dicom::decode_frame`]: any frame of a DICOM file, shown or as it is stored.
//! - [`Instance`]: the DICOM JSON of a file (`dicom::json`) and where its frames are ([`dicom::FrameIndex`]).
//! - [`isolated`]: all this in a child process with hard limits, for files nobody vouches for.
//! - [`Limits`]: what a file may claim and cost before it is refused.
//! - [`dicom`]: the DICOM reader. `stream` and `parse` walk elements, `header` names the facts, `frame` finds the
//!   bytes of one frame, `samples` decodes them, `render` turns them into what a viewer would show. `charset` reads texts.
//! - `jpeg`, `png`, `tiff`: one module per ordinary format, each from bytes to a `Raster`.
//! - `jpeg_ls`: the JPEG-LS decoder, for DICOM frames; `jpeg2000`: `OpenJPEG` with limits, for these and TIFF.
//! - `picture`: from one decode to both sizes: `scale`, `orientation`, `icc` (colour profiles), and the JPEG encoder.
//! - `fixtures` (cargo feature): builders of small valid files for tests.
//!
//! Hostile input is normal input: no claimed length is trusted, and every failure is a [`Reason`] a doctor understands.

#![warn(missing_docs)]

mod charset;
pub mod dicom;
mod dicom_header;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod frames;
mod icc;
mod inspect;
mod inspection;
mod instance;
pub mod isolated;
mod jpeg;
mod jpeg2000;
mod jpeg_ls;
mod limits;
mod orientation;
mod picture;
mod png;
mod position;
mod raster;
mod reason;
mod scale;
mod sniff;
mod tiff;
mod tone;

pub use dicom_header::DicomHeader;
pub use frames::FramePicture;
pub use inspect::inspect;
pub use inspection::{Inspection, Outcome, Picture};
pub use instance::Instance;
pub use limits::Limits;
pub use position::{Plane, Position};
pub use raster::{Channels, Raster};
pub use reason::{Code, Reason};
pub use sniff::{FileType, SNIFF_BYTES, Sniffed, declared, sniff};
