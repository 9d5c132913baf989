//! The table of jobs, by owner. A job that is not over is in an index by the day on which somebody has to look at it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::batch::item;
use super::query::{first_rows, rows};
use super::transaction::{put_new, put_unless_refused};
use super::{Item, records};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::job::{Job, JobId};
use crate::domain::{Code, Timestamp};
use crate::error::Error;

/// The index of what is due.
pub const BY_DUE: &str = "jobs-by-due-1";
/// Tries of a change when others change the same job.
const ATTEMPTS: usize = 8;

/// The table of jobs.
#[derive(Clone, Debug)]
pub struct Jobs {
    client: Client,
    table: String,
    clock: Clock,
}

/// Which job: where its row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct JobKey {
    /// Who began it.
    pub owner: i64,
    #[expect(missing_docs, reason = "the name says it")]
    pub job: JobId,
}

impl Jobs {
    /// In the table that the configuration names.
    #[must_use]
    pub fn new(client: Client, config: &Config, clock: Clock) -> Self {
        Self {
            client,
            table: config.jobs_table.clone(),
            clock,
        }
    }

    /// Writes a new job; answers whether no other one of its owner has its id.
    pub async fn create(&self, job: &Job) -> Result<bool, Error> {
        put_new(&self.client, &self.table, "job", row(job)?).await
    }

    /// A job.
    pub async fn find(&self, key: JobKey) -> Result<Option<Job>, Error> {
        let found = item(&self.client, &self.table, of(key), true, None).await?;
        found.map(records::from_item).transpose()
    }

    /// The jobs of `owner`, newest first, at most `limit`, those below `below`.
    pub async fn list(
        &self,
        owner: i64,
        below: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<Job>, Error> {
        let below = below.map_or(u64::MAX >> 11, JobId::number);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#owner = :owner AND job < :below")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", AttributeValue::N(owner.to_string()))
            .expression_attribute_values(":below", AttributeValue::N(below.to_string()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        first_rows(query).await
    }

    /// The jobs that became due on the day of `day`, due now or not. The index may lag behind: the job decides.
    pub async fn due_on(&self, day: Timestamp) -> Result<Vec<JobKey>, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_DUE)
            .key_condition_expression("due_on = :day")
            .expression_attribute_values(":day", AttributeValue::S(day.day()));
        rows(query).await
    }

    /// Changes a job: writes what `step` makes of it, and of the newer one if somebody was faster.
    ///
    /// # Errors
    /// What `step` says, or `version_conflict` after many tries.
    pub async fn advance(
        &self,
        mut job: Job,
        step: impl Fn(Job) -> Result<Job, Code> + Send + Sync,
    ) -> Result<Job, Error> {
        for _ in 0..ATTEMPTS {
            if job.is_of_newer_version() {
                return Err(Error::newer_version());
            }
            let mut after = step(job.clone())?;
            if after == job {
                return Ok(job);
            }
            after.version = job.version + 1;
            after.updated_at = self.clock.now();
            let request = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(row(&after)?))
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(
                    ":version",
                    AttributeValue::N(job.version.to_string()),
                );
            if put_unless_refused(request).await? {
                return Ok(after);
            }
            let key = JobKey {
                owner: job.owner,
                job: job.job,
            };
            job = self.find(key).await?.ok_or(Error::NotFound)?;
        }
        Err(Code::VersionConflict.into())
    }
}

fn of(JobKey { owner, job }: JobKey) -> Item {
    [
        ("owner".to_owned(), AttributeValue::N(owner.to_string())),
        ("job".to_owned(), AttributeValue::N(job.to_string())),
    ]
    .into()
}

/// A job as an item, with the attribute that puts it into the index.
fn row(job: &Job) -> Result<Item, Error> {
    let mut item = records::to_item(job)?;
    item.insert("schema".to_owned(), records::current_schema());
    if let Some(at) = job.due_at {
        item.insert("due_on".to_owned(), AttributeValue::S(at.day()));
    }
    Ok(item)
}
