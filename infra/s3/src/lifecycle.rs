//! The lifecycle rules of a bucket: objects of a certain age, uploads that nobody ends, versions that nobody sees, markers that hide nothing
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>).

use rusqlite::{Connection, params};

use crate::blob_rows::release;
use crate::committer::Transaction;
use crate::delete::erase;
use crate::error::StoreError;
use crate::records::{self, BucketId};
use crate::store::ObjectStore;
use crate::upload_rows::{Address, remove_upload};
use crate::version::insert_marker;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Versions or uploads that go in one change: others write in between.
const GROUP: usize = 500;

/// One rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// `Prefix`: the keys that it is for begin like this.
    pub prefix: String,
    /// `ExpirationInDays`: days after an object came. It is hidden behind a delete marker, as in every versioned bucket
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html>).
    pub expire_after: Option<u32>,
    /// `AbortIncompleteMultipartUpload`: days after the beginning of an upload.
    pub abort_uploads_after: Option<u32>,
    /// `NoncurrentVersionExpiration`: days after a version was covered or hidden.
    pub expire_noncurrent_after: Option<u32>,
    /// `ExpiredObjectDeleteMarker`: a delete marker that is all there is of its key goes.
    pub expire_markers: bool,
}

/// What the rules removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Objects that are hidden now.
    pub objects: usize,
    #[expect(missing_docs, reason = "the name says it")]
    pub uploads: usize,
    #[expect(missing_docs, reason = "the name says it")]
    pub versions: usize,
    #[expect(missing_docs, reason = "the name says it")]
    pub markers: usize,
}

impl ObjectStore {
    /// Removes what is due by the store's clock. Stopped anywhere, it can be repeated.
    pub async fn expire(&self, bucket: &str, rules: &[Rule]) -> Result<Expired, StoreError> {
        let mut expired = Expired::default();
        for rule in rules {
            if let Some(days) = rule.expire_after {
                let old = Due::new(rule, CURRENT, self.due_before(days));
                let now_ms = self.0.clock.now_ms();
                let hide =
                    move |transaction: &mut Transaction<'_>, seq| hide(transaction, seq, now_ms);
                expired.objects += self.expire_versions(bucket, old, hide).await?;
            }
            if let Some(days) = rule.abort_uploads_after {
                expired.uploads += self.expire_uploads(bucket, &rule.prefix, days).await?;
            }
            if let Some(days) = rule.expire_noncurrent_after {
                let before_ms = self.due_before(days);
                let covered = Due::new(rule, COVERED, before_ms);
                expired.versions += self.expire_versions(bucket, covered, erase).await?;
            }
            if rule.expire_markers {
                let lone = Due::new(rule, HIDES_NOTHING, i64::MAX);
                expired.markers += self.expire_versions(bucket, lone, erase).await?;
            }
        }
        Ok(expired)
    }

    /// What happened before this is due: S3 adds the days and rounds up to the next midnight UTC
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days>).
    fn due_before(&self, days: u32) -> i64 {
        let midnight = self.0.clock.now_ms().div_euclid(DAY_MS) * DAY_MS;
        midnight.saturating_sub(i64::from(days) * DAY_MS)
    }

    async fn expire_versions(
        &self,
        bucket: &str,
        which: Due,
        end: impl Fn(&mut Transaction<'_>, i64) -> Result<(), StoreError> + Copy + Send + 'static,
    ) -> Result<usize, StoreError> {
        let mut removed = 0;
        loop {
            let (name, looked_for) = (bucket.to_owned(), which.clone());
            let due = self.0.index.read(move |sql| {
                let bucket = records::bucket(sql, &name)?;
                looked_for.versions(sql, bucket, None)
            });
            let due = due.await?;
            if due.is_empty() {
                return Ok(removed);
            }
            let (name, looked_for) = (bucket.to_owned(), which.clone());
            let gone = self.0.index.write(move |transaction| {
                let bucket = records::bucket(transaction.sql(), &name)?;
                let mut gone = 0;
                for seq in due {
                    // It may be the current one again.
                    let found = looked_for.versions(transaction.sql(), bucket, Some(seq))?;
                    for seq in found {
                        end(transaction, seq)?;
                        gone += 1;
                    }
                }
                Ok(gone)
            });
            removed += gone.await?;
        }
    }

    async fn expire_uploads(
        &self,
        bucket: &str,
        prefix: &str,
        days: u32,
    ) -> Result<usize, StoreError> {
        let before_ms = self.due_before(days);
        let mut removed = 0;
        loop {
            let (name, prefix) = (bucket.to_owned(), prefix.to_owned());
            let gone = self.0.index.write(move |transaction| {
                let due = due_uploads(transaction, &name, &prefix, before_ms)?;
                for address in &due {
                    let blobs = remove_upload(transaction, address)?;
                    release(transaction, blobs)?;
                }
                Ok(due.len())
            });
            let gone = gone.await?;
            removed += gone;
            if gone < GROUP {
                return Ok(removed);
            }
        }
    }
}

const CURRENT: &str = "is_latest = 1 AND is_marker = 0 AND modified_ms < ?2";
/// Since when a version is not the current one, is when the next one came.
const COVERED: &str = "is_latest = 0 AND (
    SELECT newer.modified_ms FROM versions AS newer
    WHERE newer.bucket = versions.bucket AND newer.key = versions.key AND newer.seq > versions.seq
    ORDER BY newer.seq LIMIT 1) < ?2";
const HIDES_NOTHING: &str = "is_latest = 1 AND is_marker = 1 AND modified_ms < ?2 AND NOT EXISTS (
    SELECT 1 FROM versions AS older
    WHERE older.bucket = versions.bucket AND older.key = versions.key AND older.seq <> versions.seq)";

/// Puts a delete marker before a version that is the current one.
fn hide(transaction: &mut Transaction<'_>, seq: i64, now_ms: i64) -> Result<(), StoreError> {
    let (bucket, key): (BucketId, String) = transaction
        .sql()
        .prepare_cached("SELECT bucket, key FROM versions WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, records::key_column(row, 1)?)))?;
    let latest = records::latest(transaction.sql(), bucket, &key)?;
    insert_marker(transaction, bucket, &key, latest.as_ref(), now_ms)?;
    Ok(())
}

/// Versions that are looked for.
#[derive(Debug, Clone)]
struct Due {
    prefix: String,
    which: &'static str,
    before_ms: i64,
}

impl Due {
    fn new(rule: &Rule, which: &'static str, before_ms: i64) -> Self {
        Self {
            prefix: rule.prefix.clone(),
            which,
            before_ms,
        }
    }

    /// A group of them, or this one if it is one of them.
    fn versions(
        &self,
        sql: &Connection,
        bucket: BucketId,
        only: Option<i64>,
    ) -> Result<Vec<i64>, StoreError> {
        let mut statement = sql.prepare_cached(&format!(
            "SELECT seq FROM versions
             WHERE bucket = ?1 AND seq BETWEEN ?3 AND ?4 AND ?5 = substr(key, 1, length(?5)) AND {} LIMIT {GROUP}",
            self.which
        ))?;
        let (first, last) = only.map_or((0, i64::MAX), |seq| (seq, seq));
        let rows = statement.query_map(
            params![bucket, self.before_ms, first, last, self.prefix.as_bytes()],
            |row| row.get(0),
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn due_uploads(
    transaction: &Transaction<'_>,
    bucket: &str,
    prefix: &str,
    before_ms: i64,
) -> Result<Vec<Address>, StoreError> {
    let sql = transaction.sql();
    let id = records::bucket(sql, bucket)?;
    let mut statement = sql.prepare_cached(&format!(
        "SELECT key, upload_id FROM uploads
         WHERE bucket = ?1 AND completed IS NULL AND initiated_ms < ?2 AND ?3 = substr(key, 1, length(?3))
         LIMIT {GROUP}"
    ))?;
    let rows = statement.query_map(params![id, before_ms, prefix.as_bytes()], |row| {
        Ok((bucket.to_owned(), records::key_column(row, 0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
