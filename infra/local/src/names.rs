//! What the local stack calls its things. A function's access key is its name.

pub use s3::REGION;

/// The bucket.
pub const BUCKET: &str = "filmroom-images";

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

/// The ARN of the bucket.
pub(crate) fn bucket_arn() -> String {
    format!("arn:aws:s3:::{BUCKET}")
}
