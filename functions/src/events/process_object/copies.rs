//! Files with the same bytes that were processed at the same time: none of their runs could see the other one's result before it wrote its own.

use service::App;
use service::domain::{FileId, FileRecord};
use service::error::{Error, chain};

/// Looks once more when `file` is written, and makes every newer file with the same bytes a copy of the oldest. Of two runs at the same time the
/// later writer finds the earlier one, whichever file is older; only if both write within the time by which the index follows the table may neither
/// see the other. What fails here is not tried again: the file itself is processed.
pub(super) async fn mark(app: &App, file: &FileRecord) {
    if let Err(error) = try_to_mark(app, file).await {
        tracing::warn!(cause = chain(&error), "copies were not looked for again");
    }
}

async fn try_to_mark(app: &App, file: &FileRecord) -> Result<(), Error> {
    let files = app.files.unattended();
    let mut copies = files.copies(file).await?;
    // The index may not have it yet.
    if copies.iter().all(|copy| copy.id != file.id) && !file.is_deleted() {
        copies.push(file.clone());
    }
    let Some(oldest) = oldest(&copies) else {
        return Ok(());
    };
    for copy in copies {
        if copy.id > oldest && copy.duplicate_of.is_none() {
            let marked = files.advance(copy, |copy| Ok(copy.copy_of(oldest)));
            marked.await?;
        }
    }
    Ok(())
}

fn oldest(copies: &[FileRecord]) -> Option<FileId> {
    copies.iter().map(|copy| copy.id).min()
}
