//! The operations of S3 this store has. Those not named here answer `NotImplemented`; of those that are, `unsupported` says what is not.

use async_trait::async_trait;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectVersionsInput,
    ListObjectVersionsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput,
    ListPartsOutput, PutObjectInput, PutObjectOutput, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::store::ObjectStore;
use crate::{
    complete, copy, delete, get, list_objects, list_uploads, list_versions, multipart, part_copy,
    parts, put,
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
        }
    };
}

operations! {
    abort_multipart_upload: AbortMultipartUploadInput => AbortMultipartUploadOutput in multipart;
    complete_multipart_upload: CompleteMultipartUploadInput => CompleteMultipartUploadOutput in complete;
    copy_object: CopyObjectInput => CopyObjectOutput in copy;
    create_multipart_upload: CreateMultipartUploadInput => CreateMultipartUploadOutput in multipart;
    delete_object: DeleteObjectInput => DeleteObjectOutput in delete;
    delete_objects: DeleteObjectsInput => DeleteObjectsOutput in delete;
    get_object: GetObjectInput => GetObjectOutput in get;
    head_object: HeadObjectInput => HeadObjectOutput in get;
    list_multipart_uploads: ListMultipartUploadsInput => ListMultipartUploadsOutput in list_uploads;
    list_object_versions: ListObjectVersionsInput => ListObjectVersionsOutput in list_versions;
    list_objects_v2: ListObjectsV2Input => ListObjectsV2Output in list_objects;
    list_parts: ListPartsInput => ListPartsOutput in parts;
    upload_part_copy: UploadPartCopyInput => UploadPartCopyOutput in part_copy;
}
