//! How the bytes of an upload get to the bucket: one signed URL, or one for each part.

use serde::Serialize;
use service::App;
use service::bucket::PresignedUrl;
use service::domain::{FileRecord, PartPlan};
use service::error::Error;
use utoipa::ToSchema;

/// Parts whose URLs come with the answer; the others are asked for.
const FIRST_PARTS: u32 = 10;

/// How to send the bytes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case")]
pub(crate) enum Upload {
    /// One PUT of the whole file to `url`, with `headers`.
    Single {
        #[serde(flatten)]
        request: PresignedUrl,
        /// When the URL stops working.
        #[schema(format = DateTime)]
        expires_at: String,
    },
    /// One PUT for each part.
    Multipart {
        /// S3's id of the upload.
        upload_id: String,
        /// Bytes of every part but the last.
        part_size: u64,
        /// How many parts there are.
        total_parts: u32,
        /// The first ten; the others are asked for.
        parts: Vec<Part>,
        /// When the first URL stops working.
        #[schema(format = DateTime)]
        expires_at: String,
    },
}

/// One part's URL.
#[derive(Debug, Serialize, ToSchema)]
pub struct Part {
    /// The S3 part number, from 1.
    pub part_number: u32,
    /// Where to PUT it.
    pub url: String,
}

impl Upload {
    /// As the record was made: in parts, or whole.
    pub(super) async fn of(app: &App, file: &FileRecord) -> Result<Self, Error> {
        let (Some(plan), Some(upload_id)) = (file.part_plan(), &file.upload_id) else {
            let request = app.bucket.presign_put(file).await?;
            return Ok(Self::Single {
                expires_at: request.expires_at.rfc3339(),
                request,
            });
        };
        let first: Vec<u32> = (1..=plan.total.min(FIRST_PARTS)).collect();
        let (parts, expires_at) = sign(app, file, upload_id, plan, &first).await?;
        Ok(Self::Multipart {
            upload_id: upload_id.clone(),
            part_size: plan.part_size,
            total_parts: plan.total,
            parts,
            expires_at,
        })
    }
}

/// URLs for parts that exist in `plan`, and when the first of them stops working.
///
/// # Errors
/// [`Error::Invalid`] for a number outside the plan.
pub async fn sign(
    app: &App,
    file: &FileRecord,
    upload_id: &str,
    plan: PartPlan,
    numbers: &[u32],
) -> Result<(Vec<Part>, String), Error> {
    let key = file.object_key();
    let mut parts = Vec::new();
    let mut expires_at = String::new();
    for (position, &part_number) in numbers.iter().enumerate() {
        let outside = || {
            Error::field(
                format!("part_numbers[{position}]"),
                format!("must be 1 to {}", plan.total),
            )
        };
        let size = plan.size_of(part_number).ok_or_else(outside)?;
        let signed = app
            .bucket
            .presign_part(&key, upload_id, part_number, size)
            .await?;
        if expires_at.is_empty() {
            expires_at = signed.expires_at.rfc3339();
        }
        parts.push(Part {
            part_number,
            url: signed.url,
        });
    }
    Ok((parts, expires_at))
}
