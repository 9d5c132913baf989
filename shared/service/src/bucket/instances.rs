//! What DICOM files say of themselves ([`crate::domain::object_key::instance`]).

use super::{Bucket, Object, failure};
use crate::error::Error;

impl Bucket {
    /// Stores the DICOM JSON of a file, as a gzip file. Writing it twice leaves the same on top.
    pub async fn put_instance(&self, key: &str, gzip: Vec<u8>) -> Result<(), Error> {
        let request = self.client.put_object().bucket(self.bucket()).key(key);
        // What a client is sent here for is as it stands, and stays in no cache when its reader has signed out.
        let request = request
            .content_type("application/dicom+json")
            .content_encoding("gzip")
            .cache_control("no-store");
        request.body(gzip.into()).send().await.map_err(failure)?;
        Ok(())
    }

    /// Stores the index of its frames.
    pub async fn put_frame_index(&self, key: &str, index: Vec<u8>) -> Result<(), Error> {
        let request = self.client.put_object().bucket(self.bucket()).key(key);
        request.body(index.into()).send().await.map_err(failure)?;
        Ok(())
    }

    /// What is under `key`, if it has at most so many bytes.
    pub async fn instance(&self, key: &str, most: u64) -> Result<Object, Error> {
        let request = self.client.get_object().bucket(self.bucket()).key(key);
        self.object(request, most).await
    }
}
