//! DICOMweb (PS3.18): the same studies, for programs that speak the standard. docs/DICOMWEB.md says what of it there is.
//!
//! - [`domain`]: the rules, without I/O.
//! - `found`: what UIDs lead to · `retrieve`, `metadata`, `bulk` (with `inflated`), `thumbnail`: what is answered of it · `answer`: how that leaves.
//! - [`pixels`]: frames and pictures of them; it has decoders, so it has a program of its own.
//! - `elements`: what files say · `request`: what a URL and its headers name · `search`, `results`: how a search is answered · `store`: what is sent.

mod answer;
mod bulk;
mod domain;
mod elements;
mod found;
mod inflated;
mod metadata;
mod parameters;
pub mod pixels;
mod request;
mod results;
mod retrieve;
mod search;
mod store;
mod thumbnail;

/// The path that all services begin with.
pub const BASE: &str = "/dicom-web";

/// Whether a path belongs to a DICOMweb service, which answers a wrong request with 400 (PS3.18, section 8.5); all others answer it with 422.
#[must_use]
pub fn has(path: &str) -> bool {
    path.starts_with(BASE)
}

endpoints! {
    search_studies,
    search_study_series,
    search_study_instances,
    search_series_instances,
    search_series,
    search_instances,
    retrieve_study,
    retrieve_series,
    retrieve_instance,
    study_metadata,
    series_metadata,
    instance_metadata,
    retrieve_bulk_data,
    study_thumbnail,
    series_thumbnail,
    instance_thumbnail,
    store_instances,
    store_study_instances,
}
