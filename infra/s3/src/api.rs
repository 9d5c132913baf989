//! The operations of S3 this store has. Those not named here answer `NotImplemented`.

use async_trait::async_trait;
use http::HeaderMap;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
    CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput, DeleteObjectsInput,
    DeleteObjectsOutput, ETagCondition, GetBucketVersioningInput, GetBucketVersioningOutput,
    GetObjectInput, GetObjectOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectVersionsInput,
    ListObjectVersionsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput,
    ListPartsOutput, PutObjectInput, PutObjectOutput, PutObjectTaggingInput,
    PutObjectTaggingOutput, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};

use crate::conditions::WriteConditions;
use crate::store::ObjectStore;
use crate::{
    buckets, complete, copy, delete, get, list_objects, list_uploads, list_versions, multipart,
    part_copy, parts, put, tags,
};

/// Operations whose function takes the parsed input alone.
macro_rules! operations {
    ($($name:ident: $input:ident => $output:ident in $module:ident;)*) => {
        #[async_trait]
        impl S3 for ObjectStore {
            $(
                async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                    $module::$name(&self.0, request.input).await.map(S3Response::new)
                }
            )*

            async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
                put::put_object(&self.0, request).await.map(S3Response::new)
            }

            async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
                parts::upload_part(&self.0, request).await.map(S3Response::new)
            }

            async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
                let conditions = write_conditions(&request.headers)?;
                copy::copy_object(&self.0, request.input, conditions).await.map(S3Response::new)
            }
        }
    };
}

operations! {
    abort_multipart_upload: AbortMultipartUploadInput => AbortMultipartUploadOutput in multipart;
    complete_multipart_upload: CompleteMultipartUploadInput => CompleteMultipartUploadOutput in complete;
    create_bucket: CreateBucketInput => CreateBucketOutput in buckets;
    create_multipart_upload: CreateMultipartUploadInput => CreateMultipartUploadOutput in multipart;
    delete_object: DeleteObjectInput => DeleteObjectOutput in delete;
    delete_object_tagging: DeleteObjectTaggingInput => DeleteObjectTaggingOutput in tags;
    delete_objects: DeleteObjectsInput => DeleteObjectsOutput in delete;
    get_bucket_versioning: GetBucketVersioningInput => GetBucketVersioningOutput in buckets;
    get_object: GetObjectInput => GetObjectOutput in get;
    get_object_tagging: GetObjectTaggingInput => GetObjectTaggingOutput in tags;
    head_bucket: HeadBucketInput => HeadBucketOutput in buckets;
    head_object: HeadObjectInput => HeadObjectOutput in get;
    list_multipart_uploads: ListMultipartUploadsInput => ListMultipartUploadsOutput in list_uploads;
    list_object_versions: ListObjectVersionsInput => ListObjectVersionsOutput in list_versions;
    list_objects_v2: ListObjectsV2Input => ListObjectsV2Output in list_objects;
    list_parts: ListPartsInput => ListPartsOutput in parts;
    put_object_tagging: PutObjectTaggingInput => PutObjectTaggingOutput in tags;
    upload_part_copy: UploadPartCopyInput => UploadPartCopyOutput in part_copy;
}

/// `CopyObject` takes `If-Match` and `If-None-Match` for its target; the protocol layer's input has no place for them.
fn write_conditions(headers: &HeaderMap) -> Result<WriteConditions, S3Error> {
    let parse = |name: http::HeaderName| match headers.get(&name) {
        None => Ok(None),
        Some(value) => ETagCondition::parse_http_header(value.as_bytes())
            .map(Some)
            .map_err(|_| s3_error!(InvalidArgument, "The {name} header is not valid.")),
    };
    Ok(WriteConditions {
        if_match: parse(http::header::IF_MATCH)?,
        if_none_match: parse(http::header::IF_NONE_MATCH)?,
    })
}
