//! The whole of Filmroom on one machine, on embedded engines: AWS at the wire, inside one process.
//!
//! # Layout
//! - [`stack`]: starts and stops everything; `make run` and every test use it. [`demo`]: people to try it as, [`samples`]: files to try it with, [`load`]: a million of them for measurements,
//!   [`ready`]: where it is, for people and for programs.
//! - [`template`]: template.yaml: the tables, routes and variables there are. [`names`]: what they are called here. [`error`]: why a stack did not start.
//! - [`port`]: what every port refuses. [`hosts`], [`origins`]: the names it answers to, the pages that may use it.
//! - [`secrets`]: keys and tokens of a folder. `private`: files for nobody else.
//! - [`database`]: DynamoDB (dynoxide), [`bell`]: its stream. [`s3`]: S3, a crate of its own, [`lifecycle`]: the rules of its bucket. [`queue`]: S3 → SQS → Lambda.
//! - [`weather`]: what AWS does and no engine does; `draws` when.
//! - [`permissions`]: IAM. `gateway`: API Gateway. `apps`: the service as each function has it, [`calls`]: all that it asks, for a stack that waits for a test. [`meter`]: what AWS would bill. [`web`]: the page. `docs`: the try-it page.

mod apps;
pub mod bell;
pub mod calls;
pub mod database;
pub mod demo;
mod docs;
mod draws;
pub mod error;
mod gateway;
pub mod hosts;
pub mod lifecycle;
pub mod load;
pub mod meter;
pub mod names;
pub mod origins;
pub mod permissions;
pub mod port;
mod private;
pub mod queue;
pub mod ready;
pub mod samples;
pub mod secrets;
pub mod stack;
pub mod template;
pub mod weather;
pub mod web;
