//! The functions of Filmroom: each subject has a folder, and each function has a file in it.
//!
//! # Layout
//! - [`lists`], [`files`], [`uploads`], [`patients`], [`studies`], [`dicom_web`], [`jobs`], [`users`], [`description`]: the endpoints. A file of an endpoint has always the same order: docs,
//!   `endpoint()`, request and response types, `handle`, private functions. `fields!` declares a type of a request. What several endpoints of a
//!   subject share stands beside them.
//! - [`events`]: what queues and schedules call.
//! - `bin/`: one program a subject, and one for the part of a subject that needs what the rest does not. The setting `Handler` of a function in template.yaml says which of its program's endpoints it serves.
//!
//! `subjects!` below is the only list of subjects, a subject's `endpoints!` the only list of its endpoints.

#![expect(
    unused_qualifications,
    reason = "the code that utoipa::path generates has some"
)]

#[macro_use]
mod endpoints;

pub mod events;
pub(crate) mod mismatch;
pub mod scratch;

subjects! {
    lists,
    files,
    uploads,
    patients,
    studies,
    dicom_web { pixels },
    jobs,
    users,
    description,
}
