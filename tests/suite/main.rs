//! The suite.

mod event_queue;
mod object_contract;
