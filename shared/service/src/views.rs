//! Records as the API shows them, and the types of the domain in the words of its description.

pub mod image_file;
mod schema;
