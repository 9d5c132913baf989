//! HTTP, the same in Lambda, on a laptop and in tests: endpoints, what they take, how they answer.

mod endpoint;
mod extract;
mod field;
mod fields;
mod layers;

pub use endpoint::{Endpoint, Handle};
pub use extract::{Body, Path, Query};
pub use field::{Field, Raw};
pub use fields::{Fields, FromFields, Patch};
