//! What more than one function needs.
//!
//! # Layout
//! - [`app`]: everything a handler can ask for, built once. [`config`]: every setting. [`clock`], [`ids`]: time and randomness.
//! - [`lambda`]: runs an endpoint in Lambda. [`http`]: endpoints, extractors, the layers around every handler. [`error`]: what went wrong.
//! - `aws`: what a failed call means; `trust`: whose certificates are good. [`auth`]: who is asking. [`access`]: who may do what.
//! - [`domain`]: the rules, without I/O. [`image_file`]: a file as the API shows it.
//! - [`db`]: DynamoDB; every change of a file passes [`db::files::Files`]. [`objects`]: S3.

pub mod access;
pub mod app;
pub mod auth;
mod aws;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
pub mod error;
pub mod http;
pub mod ids;
pub mod image_file;
pub mod lambda;
pub mod objects;
mod trust;

pub use app::App;
