//! The words that imaging and the service share: codes, and types of files. Neither needs the other to know them.

#![warn(missing_docs)]

mod codes;
mod file_code;
mod file_type;

pub use file_code::FileCode;
pub use file_type::FileType;
