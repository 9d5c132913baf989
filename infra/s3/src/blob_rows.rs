//! When the bytes of versions and parts go.

use rusqlite::OptionalExtension as _;

use crate::blobs::BlobId;
use crate::committer::Transaction;
use crate::error::StoreError;

/// Forgets those of `blobs` that neither an object nor an upload has any more; their files go after the commit.
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
