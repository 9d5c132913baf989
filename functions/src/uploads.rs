//! Uploads: the bytes go to the bucket, by presigned URLs.

pub mod begin;
pub mod new_upload;
pub mod transport;

endpoints! {
    create_upload,
    create_uploads_batch,
    get_upload,
    sign_parts,
    sign_request,
    complete_upload,
    abort_upload,
}
