//! What the local stack calls its things. A function's access key is its name.

pub use s3::REGION;

/// The bucket.
pub const BUCKET: &str = "filmroom-images";

/// The bucket of the copies of the log.
pub const AUDIT_BUCKET: &str = "filmroom-audit";

/// The access key that may do everything.
pub const OPERATOR: &str = "operator";

/// The table that template.yaml declares as `resource`.
pub(crate) fn table_name(resource: &str) -> String {
    format!("filmroom-{resource}")
}

/// The ARN of a table.
pub(crate) fn table_arn(name: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:000000000000:table/{name}")
}

/// The queue that template.yaml declares as `resource`.
pub(crate) fn queue_name(resource: &str) -> String {
    format!("filmroom-{resource}")
}

/// The ARN of a queue.
pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:000000000000:{name}")
}

/// The URL of a queue. Nobody looks for its host: calls are answered inside this process.
pub(crate) fn queue_url(name: &str) -> String {
    format!("http://sqs.invalid/000000000000/{name}")
}

/// The ARN of the bucket.
#[must_use]
pub fn bucket_arn() -> String {
    arn_of_bucket(BUCKET)
}

/// The ARN of a bucket.
pub(crate) fn arn_of_bucket(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}
