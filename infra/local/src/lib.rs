//! The whole of Filmroom on one machine, on embedded engines: AWS at the wire, inside one process.
//!
//! # Layout
//! - [`stack`]: starts and stops everything; `make run` and every test use it. [`demo`]: people to try it as, [`samples`]: files to try it with.
//! - [`template`]: template.yaml: the tables, routes and variables there are.
//! - `database`: DynamoDB (dynoxide); [`conflicts`]: what AWS does and it does not. [`objects`]: S3 (s3s over our own storage). [`queue`]: S3 → SQS → Lambda.
//! - [`permissions`]: IAM. `gateway`: API Gateway. `apps`: the service as each function has it. [`web`]: the page. `docs`: the try-it page.

mod apps;
pub mod conflicts;
mod database;
pub mod demo;
mod docs;
mod gateway;
pub mod objects;
pub mod permissions;
pub mod queue;
pub mod samples;
pub mod stack;
pub mod template;
pub mod web;
