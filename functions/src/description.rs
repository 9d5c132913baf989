//! About this API.

mod conventions;
mod examples;
mod problems;

endpoints! {
    openapi,
}
