//! The rules of DICOMweb (PS3.18), without I/O: what a request asks for, and what answers it.

pub(super) mod accept;
pub(super) mod asked;
pub(super) mod attribute;
pub(super) mod condition;
pub(super) mod dataset;
pub(super) mod form;
pub(super) mod frames;
pub(super) mod known;
pub(super) mod levels;
pub(super) mod multipart;
pub(super) mod native;
pub(super) mod one_frame;
pub(super) mod rendering;
pub(super) mod stored;
pub(super) mod uid;

pub(super) use uid::Uid;
