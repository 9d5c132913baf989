//! The functions of Filmroom: one binary each in `bin/`, one file per endpoint here.
//!
//! # Layout
//! - One module per endpoint, always in the same order: docs, `endpoint()`, request and response types, `handle`, private helpers.
//! - [`uploads`], [`lists`], [`patients`]: what several endpoints share.
//! - [`process_object`]: S3 event → hash, type, header, pictures → record.
//!
//! [`endpoints`] is the only list of HTTP endpoints, in the order of template.yaml.

pub mod abort_upload;
pub mod complete_upload;
pub mod create_upload;
pub mod delete_image;
pub mod download_image;
pub mod get_image;
pub mod get_patient;
pub mod get_upload;
pub mod lists;
pub mod my_images;
pub mod patient_images;
pub mod patients;
pub mod process_object;
pub mod put_patient;
pub mod sign_parts;
pub mod stats_summary;
pub mod uploads;

use service::http::Endpoint;

/// Every HTTP endpoint.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        my_images::endpoint(),
        patient_images::endpoint(),
        get_image::endpoint(),
        download_image::endpoint(),
        delete_image::endpoint(),
        stats_summary::endpoint(),
        create_upload::endpoint(),
        get_upload::endpoint(),
        sign_parts::endpoint(),
        complete_upload::endpoint(),
        abort_upload::endpoint(),
        put_patient::endpoint(),
        get_patient::endpoint(),
    ]
}
