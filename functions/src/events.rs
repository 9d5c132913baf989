//! What queues, schedules and streams call, never HTTP.
//!
//! - [`process_object`]: S3 event → hash, type, header, pictures → record. [`maintenance`]: schedule → what is due. [`verify`]: schedule → what may
//!   have gone wrong.
//! - [`run_job`]: queue → what takes long, handed over as [`work`] by maintenance and by endpoints. [`fold_changes`]: stream of changes → counters.
//! - [`lease`], [`moving`], [`settle`]: what runs beside each other keep to, how an original changes its storage class, and how the bucket is
//!   made to fit the records. The functions that archive a file use them, too.
//!
//! What is called from outside answers a boxed future: so it is compiled here, once. An `async fn` is compiled again in every program and test that awaits
//! it, with all that it awaits.

pub mod compare_log;
pub mod copy_log;
pub mod fold_changes;
pub(crate) mod lease;
pub mod maintenance;
pub(crate) mod moving;
pub mod process_object;
pub mod run_job;
pub(crate) mod settle;
pub mod verify;
pub(crate) mod work;
