//! The rules, without I/O: values that are right by construction, and what may follow what.

pub mod code;
pub mod cursor;
pub mod file_id;
pub mod file_type;
pub mod findings;
pub mod image_file;
pub mod list;
pub mod modality;
pub mod moving;
pub mod new_file;
pub mod number;
pub mod object_key;
pub mod part_plan;
pub mod removal;
pub mod standing;
pub mod stats;
pub mod text;
pub mod time;
pub mod transition;
pub mod user_id;

pub use code::{Code, NoticeCode};
pub use cursor::Cursor;
pub use file_id::FileId;
pub use file_type::FileType;
pub use findings::Findings;
pub use image_file::{Dicom, FileRecord, Notice, Status};
pub use list::{Filter, ListRequest};
pub use new_file::NewFile;
pub use object_key::ObjectKey;
pub use part_plan::PartPlan;
pub use time::Timestamp;
pub use user_id::UserId;
