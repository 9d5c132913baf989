//! Files as the packed search ([`super::packed`]) sees them, and as attributes.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use packed::{Column, Part, Row};

use super::Item;
use crate::domain::FileRecord;
use crate::domain::list::search_text;

/// Where rows are, in rows of Changes and of tails.
pub(super) const ATTRIBUTE: &str = "columns";

/// What lists see of a file.
pub(super) fn row_of(file: &FileRecord) -> Row {
    let label = |column: &Column| match column {
        Column::FileType => Some(file.file_type.name().to_owned()),
        Column::Status => Some(file.status.name().to_owned()),
        Column::Modality => file.modality.clone(),
        Column::Patient => file.patient_id.as_ref().map(|id| id.as_str().to_owned()),
        Column::Owner => Some(file.uploaded_by.to_string()),
    };
    Row {
        id: file.id.number(),
        version: file.version,
        // Nobody sees what goes for good.
        part: match (file.purging, file.is_deleted()) {
            (true, _) => Part::Gone,
            (false, true) => Part::Trash,
            (false, false) => Part::Live,
        },
        labels: Column::ALL.each_ref().map(label),
        text: search_text(file),
    }
}

/// What a change makes a file look like; `None` if it looks as before.
pub(super) fn changed(before: Option<&FileRecord>, after: Option<&FileRecord>) -> Option<Row> {
    match (before, after) {
        (None, None) => None,
        // It was gone before.
        (Some(before), None) if before.purging => None,
        (Some(before), None) => Some(Row {
            version: before.version + 1,
            part: Part::Gone,
            ..row_of(before)
        }),
        (before, Some(after)) => {
            let row = row_of(after);
            let is_same = before.is_some_and(|before| row_of(before).looks_like(&row));
            (!is_same).then_some(row)
        }
    }
}

/// Rows as an attribute.
pub(super) fn attribute(rows: &[Row]) -> AttributeValue {
    AttributeValue::B(Blob::new(Row::to_bytes(rows)))
}

/// Reads the rows of an item; `None` if it has none, or if this version of the service cannot read them.
pub(super) fn read(item: &Item) -> Option<Vec<Row>> {
    let bytes = item.get(ATTRIBUTE)?.as_b().ok()?;
    Row::from_bytes(bytes.as_ref()).ok()
}
