//! S3 on one machine, as far as this project needs it: the s3s protocol layer over our own storage.
//!
//! - [`ObjectStore`] opens a folder; [`ObjectStore::service`] answers requests; [`Outbox`] has its events; [`Clock`] is its time.
//! - `store` what every operation works with: `blobs` immutable files · `index` the `SQLite` index, which one
//!   `committer` thread writes · `schema` its tables · `records`, `upload_rows`, `blob_rows` its rows.
//! - `ingest` a body becomes a blob · `digest` checksums · `content` blobs become a body, `pieces` by `pieces`, whose `blocks` are compared with
//!   what was written, or else it is `damage` · `conditions` `If-*` ·
//!   `version` a version becomes visible · `outputs` pieces of several answers.
//! - One file per operation or family: `put get delete copy list_objects list_versions list_uploads multipart parts part_copy complete`;
//!   `api` is the list of them; `assembly` is what a completed upload consists of, `scope` what the listings share. `buckets` are made
//!   by whoever opens the folder.
//! - `server` HTTP · `access` who may do what · `guard` what S3 refuses before it looks at the signature · `unsupported` what S3 would do
//!   and this does not · `cors` browsers · `drain` what nobody read of a request.
//! - `lifecycle` removes what the bucket's rules say · `room` what happens when the disk is full.
//! - `events` writes the bucket's events into the `outbox`; a queue delivers them. What functions send to other queues waits there too.
//!
//! An object is bytes that were verified and made durable first, and rows that appear in one transaction, together
//! with the event: a crash leaves all of it or nothing. Every bucket is versioned, as the one on AWS is.
//!
//! **What belongs in here:** the actions that the policies of template.yaml name, what the presigned URLs of the service ask for, and what an SDK
//! or a browser adds to such requests by itself. Everything else answers `NotImplemented`: the engine never ignores what a request asks for.
//! The contract (`tests/contract`) lists what is not implemented; its other behaviours also hold for an S3 that is not ours.

mod access;
mod api;
mod assembly;
mod bells;
mod blob_rows;
mod blobs;
mod blocks;
mod buckets;
mod clock;
mod committer;
mod complete;
mod conditions;
mod content;
mod copy;
mod cors;
mod damage;
mod delete;
mod digest;
mod drain;
mod error;
mod events;
mod get;
mod guard;
mod index;
mod ingest;
mod lifecycle;
mod list_objects;
mod list_uploads;
mod list_versions;
mod multipart;
mod outbox;
mod outputs;
mod part_copy;
mod parts;
mod pieces;
mod put;
mod records;
mod room;
mod schema;
mod scope;
mod server;
mod store;
mod unsupported;
mod upload_rows;
mod version;

pub use access::Gate;
pub use clock::Clock;
pub use cors::Writers;
pub use damage::{Damaged, Fault};
pub use error::{OpenError, StoreError};
pub use events::REGION;
pub use lifecycle::{Expired, Rule};
pub use outbox::{Message, Next, Outbox};
pub use room::Disk;
pub use server::{Credentials, ServeOptions, Service};
pub use store::ObjectStore;
