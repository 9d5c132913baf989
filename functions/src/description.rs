//! About this API.

mod conventions;
mod examples;
mod notices;
mod problems;

endpoints! {
    openapi,
}
