//! The suite.

mod object_contract;
