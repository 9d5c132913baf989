//! What more than one function needs.
//!
//! # Layout
//! - [`app`]: everything a handler can ask for, built once. [`config`]: every setting. [`clock`], [`ids`], [`chance`]: time and randomness.
//! - [`lambda`]: runs an endpoint in Lambda. [`budget`]: how long things may take. [`api`]: endpoints, extractors, the layers around every handler. [`error`]: what went wrong.
//! - `accounted`: whether the log knows of an answer. `aws`: what a failed call means; `signed`, `ask`: calls without an SDK; `trust`: whose certificates are good. [`auth`]: who is asking. [`auth::access`]: who may do what.
//! - [`domain`]: the rules, without I/O. [`views`]: records as the API shows them.
//! - [`db`]: DynamoDB; every change of a file passes [`db::files::Files`]. [`bucket`]: S3. [`queue`]: SQS.

#![warn(missing_docs)]

mod accounted;
pub mod api;
pub mod app;
mod ask;
pub mod auth;
mod aws;
pub mod bucket;
pub mod budget;
pub mod chance;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
pub mod error;
pub mod ids;
pub mod lambda;
pub mod queue;
mod signed;
mod trust;
pub mod views;

pub use app::App;
