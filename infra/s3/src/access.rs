//! Who may do what: each request as the action and resource that IAM knows it by
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>).

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, Uri};
use percent_encoding::percent_decode_str;
use s3s::access::{S3Access, S3AccessContext};
use s3s::dto::DeleteObjectsInput;
use s3s::{S3Request, S3Result, s3_error};

use crate::records;
use crate::store::ObjectStore;

/// Access key, action, ARN.
type Allows = dyn Fn(&str, &str, &str) -> bool + Send + Sync;

/// Answers whether the owner of an access key may do an action to a resource: key, `s3:GetObject`, ARN.
#[derive(Clone)]
pub struct Gate(Arc<Allows>);

impl Gate {
    /// A gate that asks `allows`.
    pub fn new(allows: impl Fn(&str, &str, &str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(allows))
    }

    fn check(&self, access_key: &str, action: &str, resource: &str) -> S3Result<()> {
        if (self.0)(access_key, action, resource) {
            Ok(())
        } else {
            Err(s3_error!(AccessDenied, "Access Denied"))
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

/// The gate in front of a store.
pub(crate) struct Access {
    pub(crate) gate: Gate,
    pub(crate) store: ObjectStore,
}

#[async_trait]
impl S3Access for Access {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = request.credentials() else {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        };
        let access_key = credentials.access_key.clone();
        let operation = request.s3_op().name();
        let path = request.s3_path();
        let Some(bucket) = path.get_bucket_name() else {
            let action = format!("s3:{operation}");
            return self.gate.check(&access_key, &action, "*");
        };
        let Some(key) = path.get_object_key() else {
            let action = bucket_action(operation);
            return match action {
                // Asked key by key, when the body is read.
                "s3:DeleteObjects" => Ok(()),
                action => self.gate.check(&access_key, action, &arn(bucket, None)),
            };
        };
        let resource = arn(bucket, Some(key));
        let action = object_action(operation, request.uri());
        self.gate.check(&access_key, action, &resource)?;
        if let Some((action, source)) = copied(request.headers()) {
            self.gate.check(&access_key, action, &source)?;
        }
        if matches!(operation, "GetObject" | "HeadObject") && !self.is_there(bucket, key).await? {
            // Who may not list is not told what is missing.
            self.gate
                .check(&access_key, "s3:ListBucket", &arn(bucket, None))?;
        }
        Ok(())
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        let access_key = match &request.credentials {
            Some(credentials) => credentials.access_key.as_str(),
            None => return Err(s3_error!(AccessDenied, "Access Denied")),
        };
        for object in &request.input.delete.objects {
            let resource = arn(&request.input.bucket, Some(&object.key));
            // Always, says the reference of DeleteObjects; and the other one for a version.
            self.gate.check(access_key, "s3:DeleteObject", &resource)?;
            if object.version_id.is_some() {
                self.gate
                    .check(access_key, "s3:DeleteObjectVersion", &resource)?;
            }
        }
        Ok(())
    }
}

impl Access {
    async fn is_there(&self, bucket: &str, key: &str) -> S3Result<bool> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let look = move |sql: &rusqlite::Connection| {
            let bucket = records::bucket(sql, &bucket)?;
            let latest = records::latest(sql, bucket, &key)?;
            Ok(latest.is_some_and(|version| !version.is_marker))
        };
        Ok(self.store.0.index.read(look).await?)
    }
}

fn arn(bucket: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
        None => format!("arn:aws:s3:::{bucket}"),
    }
}

/// What a request without a key needs.
fn bucket_action(operation: &str) -> &'static str {
    match operation {
        "ListObjectsV2" => "s3:ListBucket",
        "ListObjectVersions" => "s3:ListBucketVersions",
        "ListMultipartUploads" => "s3:ListBucketMultipartUploads",
        "DeleteObjects" => "s3:DeleteObjects",
        // The store has no other: it answers NotImplemented to whoever may ask.
        _ => "s3:*",
    }
}

/// What a request for a key needs.
fn object_action(operation: &str, uri: &Uri) -> &'static str {
    let names_version = query(uri).any(|(name, _)| name == "versionId");
    match operation {
        "GetObject" | "HeadObject" if names_version => "s3:GetObjectVersion",
        "GetObject" | "HeadObject" => "s3:GetObject",
        "DeleteObject" => delete_action(names_version),
        "AbortMultipartUpload" => "s3:AbortMultipartUpload",
        "ListParts" => "s3:ListMultipartUploadParts",
        "PutObject"
        | "CopyObject"
        | "UploadPart"
        | "UploadPartCopy"
        | "CreateMultipartUpload"
        | "CompleteMultipartUpload" => "s3:PutObject",
        _ => "s3:*",
    }
}

fn delete_action(names_version: bool) -> &'static str {
    if names_version {
        "s3:DeleteObjectVersion"
    } else {
        "s3:DeleteObject"
    }
}

/// What reading the source of a copy needs.
fn copied(headers: &HeaderMap) -> Option<(&'static str, String)> {
    let source = headers.get("x-amz-copy-source")?.to_str().ok()?;
    let (path, version) = match source.split_once("?versionId=") {
        Some((path, version)) => (path, Some(version)),
        None => (source, None),
    };
    let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy();
    let action = match version {
        Some(_) => "s3:GetObjectVersion",
        None => "s3:GetObject",
    };
    Some((action, format!("arn:aws:s3:::{path}")))
}

fn query(uri: &Uri) -> impl Iterator<Item = (&str, &str)> {
    let pairs = uri.query().unwrap_or_default().split('&');
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}
