//! The whole of Filmroom on one machine, on embedded engines

pub mod objects;
pub mod queue;
