//! What AWS does now and then, on purpose: each behaviour seen by a client of AWS's SDK, and what the product makes of it.

mod bucket;
mod outcomes;
mod tables;
mod walk;
