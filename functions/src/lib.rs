//! The functions of Filmroom: one binary each in `bin/`, one file per endpoint here.
//!
//! # Layout
//! - One module per endpoint, always in the same order: docs, `endpoint()`, request and response types, `handle`, private helpers.
//! - [`uploads`], [`lists`], [`patients`], [`archive`]: what several endpoints share.
//! - [`lease`], [`settle`]: what runs beside each other keep to, and how the bucket is made to fit the records.
//! - [`process_object`]: S3 event → hash, type, header, pictures → record. [`maintenance`]: schedule → what is due.
//!
//! [`endpoints`] is the only list of HTTP endpoints, in the order of template.yaml.

#![expect(
    unused_qualifications,
    reason = "the code that utoipa::path generates has some"
)]

pub mod abort_upload;
pub mod access_log;
pub mod archive;
pub mod archive_image;
pub mod complete_upload;
pub mod create_study;
pub mod create_upload;
pub mod create_uploads_batch;
pub mod delete_image;
pub mod delete_patient;
pub mod download_image;
pub mod download_urls;
pub mod get_image;
pub mod get_patient;
pub mod get_upload;
mod lease;
pub mod list_images;
pub mod list_patients;
pub mod lists;
pub mod maintenance;
pub mod my_images;
pub mod openapi;
pub mod patient_images;
pub mod patient_studies;
pub mod patients;
pub mod process_object;
pub mod put_patient;
pub mod restore_image;
mod settle;
pub mod sign_parts;
pub mod sign_request;
pub mod stats_summary;
pub mod trash;
pub mod unarchive_image;
pub mod update_image;
pub mod uploads;

use service::http::Endpoint;

/// Every HTTP endpoint.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        my_images::endpoint(),
        patient_images::endpoint(),
        list_images::endpoint(),
        trash::endpoint(),
        get_image::endpoint(),
        download_image::endpoint(),
        download_urls::endpoint(),
        update_image::endpoint(),
        delete_image::endpoint(),
        restore_image::endpoint(),
        archive_image::endpoint(),
        unarchive_image::endpoint(),
        access_log::endpoint(),
        stats_summary::endpoint(),
        create_upload::endpoint(),
        create_uploads_batch::endpoint(),
        get_upload::endpoint(),
        sign_parts::endpoint(),
        sign_request::endpoint(),
        complete_upload::endpoint(),
        abort_upload::endpoint(),
        put_patient::endpoint(),
        get_patient::endpoint(),
        list_patients::endpoint(),
        delete_patient::endpoint(),
        patient_studies::endpoint(),
        create_study::endpoint(),
        openapi::endpoint(),
    ]
}
