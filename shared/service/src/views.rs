//! Records as the API shows them.

pub mod image_file;
