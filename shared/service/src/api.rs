//! HTTP, the same in Lambda, on a laptop and in tests: endpoints, what they take, how they answer.
//!
//! [`fields!`](crate::fields) declares what an endpoint takes: the parameters of a query or the fields of a body.

pub mod declare;
mod edge;
mod encoding;
mod endpoint;
mod extract;
mod field;
mod fields;
mod layers;
mod values;

pub use encoding::takes_gzip;
pub use endpoint::Endpoint;
pub use extract::{Body, Path, Query};
pub use field::{Field, Raw, variant};
pub use fields::{Fields, FromField, FromFields, NotNull, Patch};
pub use values::{Flag, Items, NONE, PageNumber, PageSize, Text, Whole};
