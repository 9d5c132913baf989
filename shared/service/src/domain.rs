//! The rules, without I/O: values that are right by construction, and what may follow what.
//!
//! Nothing here knows how requests come or where records are kept. A type that callers see as it is derives its schema; what is written by hand in
//! the words of JSON Schema is in `views/schema`, and takes its bounds from here.

#![warn(missing_docs)]

pub mod arrival;
pub mod attempts;
pub mod code;
pub mod cursor;
pub mod drawn_id;
pub mod file_id;
pub mod file_type;
pub mod findings;
pub mod header;
pub mod job;
pub mod list;
pub mod modality;
pub mod moving;
pub mod new_file;
pub mod notice;
pub mod number;
pub mod object_key;
pub mod part_plan;
pub mod patient_id;
pub mod reading_order;
pub mod record;
pub mod removal;
pub mod schema;
pub mod standing;
pub mod stats;
pub mod study_id;
pub mod tally;
pub mod text;
pub mod time;
pub mod transition;
pub mod user;
pub mod user_id;
pub mod verified;
pub mod worklist;

pub use code::Code;
pub use cursor::Cursor;
pub use file_id::FileId;
pub use file_type::FileType;
pub use findings::Findings;
pub use header::Header;
pub use list::{Filter, ListRequest};
pub use new_file::NewFile;
pub use notice::{FailureCode, StatusReason, Warning, WarningCode};
pub use object_key::ObjectKey;
pub use part_plan::PartPlan;
pub use patient_id::PatientId;
pub use record::{Dicom, FileRecord, Status};
pub use study_id::{SeriesId, StoredId, StudyId};
pub use time::Timestamp;
pub use user_id::UserId;
