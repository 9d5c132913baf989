//! When the bytes of versions and parts go.

use rusqlite::OptionalExtension as _;

use crate::blobs::BlobId;
use crate::committer::Transaction;
use crate::error::StoreError;

/// Deletes the rows of those `blobs` that no object and no upload refers to any more; their files are deleted after the commit.
pub(crate) fn release(
    transaction: &mut Transaction<'_>,
    blobs: Vec<BlobId>,
) -> Result<(), StoreError> {
    for blob in blobs {
        let gone = transaction
            .sql()
            .prepare_cached(
                "DELETE FROM blobs WHERE id = ?1
                 AND NOT EXISTS (SELECT 1 FROM segments WHERE blob = ?1)
                 AND NOT EXISTS (SELECT 1 FROM parts WHERE blob = ?1)
                 RETURNING inline IS NULL",
            )?
            .query_row([blob], |row| row.get::<_, bool>(0))
            .optional()?;
        if gone == Some(true) {
            transaction.free(blob);
        }
    }
    Ok(())
}
