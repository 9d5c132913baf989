//! Answers of several parts (RFC 2387, and RFC 2046 section 5.1).

/// An answer of several parts on its way.
#[derive(Debug)]
pub(crate) struct Parts {
    boundary: String,
    kind: String,
    bytes: Vec<u8>,
}

/// Bytes that the frame of a part has beside its headers, and headers that it usually has.
pub(crate) const AROUND: u64 = 400;

impl Parts {
    /// Begins an answer whose parts are of the media type `kind`. `boundary` is in none of them: it is drawn, or a hash.
    pub(crate) fn new(boundary: String, kind: &str) -> Self {
        Self {
            boundary,
            kind: kind.to_owned(),
            bytes: Vec::new(),
        }
    }

    /// Adds the head of a part; its bytes follow.
    pub(crate) fn begin(&mut self, headers: &[(&str, &str)]) {
        if !self.bytes.is_empty() {
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.bytes
            .extend_from_slice(format!("--{}\r\n", self.boundary).as_bytes());
        for (name, value) in headers {
            self.bytes
                .extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Adds bytes to the part that has begun.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The `Content-Type` of the whole answer.
    pub(crate) fn content_type(&self) -> String {
        format!(
            "multipart/related; type=\"{}\"; boundary={}",
            self.kind, self.boundary
        )
    }

    /// The whole answer.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes
            .extend_from_slice(format!("\r\n--{}--\r\n", self.boundary).as_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_between_boundaries() {
        let mut parts = Parts::new("b".to_owned(), "application/dicom");
        for bytes in [b"one", b"two"] {
            parts.begin(&[("Content-Type", "application/dicom")]);
            parts.extend(bytes);
        }
        assert_eq!(
            parts.content_type(),
            "multipart/related; type=\"application/dicom\"; boundary=b"
        );
        let expected = "--b\r\nContent-Type: application/dicom\r\n\r\none\r\n--b\r\nContent-Type: application/dicom\r\n\r\ntwo\r\n--b--\r\n";
        assert_eq!(parts.finish(), expected.as_bytes());
    }
}
