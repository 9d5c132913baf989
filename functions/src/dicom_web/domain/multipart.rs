//! Requests and answers of several parts (RFC 2387, and RFC 2046 section 5.1).

use memchr::memmem::find;

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
        let head = head(&self.boundary, headers, self.bytes.is_empty());
        self.bytes.extend_from_slice(head.as_bytes());
    }

    /// Adds bytes to the part that has begun.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The `Content-Type` of the whole answer.
    pub(crate) fn content_type(&self) -> String {
        content_type(&self.kind, &self.boundary)
    }

    /// The whole answer.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(end(&self.boundary).as_bytes());
        self.bytes
    }
}

/// The `Content-Type` of an answer whose parts are of the media type `kind`.
pub(crate) fn content_type(kind: &str, boundary: &str) -> String {
    format!("multipart/related; type=\"{kind}\"; boundary={boundary}")
}

/// What stands before the bytes of a part.
pub(crate) fn head(boundary: &str, headers: &[(&str, &str)], is_first: bool) -> String {
    let before = if is_first { "" } else { "\r\n" };
    let headers = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    format!(
        "{before}--{boundary}\r\n{}\r\n",
        headers.collect::<String>()
    )
}

/// What stands behind the bytes of the last part.
pub(crate) fn end(boundary: &str) -> String {
    format!("\r\n--{boundary}--\r\n")
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Its media type, in lower case and without parameters; empty if it names none.
    pub(crate) kind: String,
    pub(crate) bytes: &'a [u8],
}

/// Parts of one request, at most.
pub(crate) const MOST_PARTS: usize = 200;
/// Bytes of the headers of a part, at most.
const MOST_HEAD: usize = 8 << 10;
/// Characters of a boundary, at most. The standard has 70 (RFC 2046, section 5.1.1), and Orthanc writes 73: two UUIDs with a hyphen between.
const MOST_BOUNDARY: usize = 200;

/// Reads the parts of a request.
///
/// # Errors
/// What is wrong with it: a sentence that completes "the body …".
pub(crate) fn read<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, &'static str> {
    if boundary.is_empty() || boundary.len() > MOST_BOUNDARY {
        return Err("has no boundary of 1 to 200 characters");
    }
    let delimiter = format!("--{boundary}");
    let mut rest = if body.starts_with(delimiter.as_bytes()) {
        &body[delimiter.len()..]
    } else {
        let before = format!("\r\n{delimiter}");
        let at =
            find(body, before.as_bytes()).ok_or("has no part that begins with its boundary")?;
        &body[at + before.len()..]
    };
    let between = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            break;
        }
        // Spaces may follow a boundary.
        let line = find(rest, b"\r\n").ok_or("ends within a boundary")?;
        if rest[..line]
            .iter()
            .any(|byte| !matches!(byte, b' ' | b'\t'))
        {
            return Err("has something behind a boundary");
        }
        let part = &rest[line..];
        let end = find(part, between.as_bytes()).ok_or("ends before its last boundary")?;
        if parts.len() == MOST_PARTS {
            return Err("has more than 200 parts");
        }
        parts.push(one(&part[..end])?);
        rest = &part[end + between.len()..];
    }
    if parts.is_empty() {
        Err("has no parts")
    } else {
        Ok(parts)
    }
}

/// A part that begins with the end of its boundary's line.
fn one(part: &[u8]) -> Result<Part<'_>, &'static str> {
    let end = find(&part[..part.len().min(MOST_HEAD)], b"\r\n\r\n")
        .ok_or("has a part whose headers do not end within 8 KB")?;
    let bytes = &part[end + 4..];
    let head =
        std::str::from_utf8(&part[..end]).map_err(|_| "has a part whose headers are no text")?;
    let mut kind = String::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line
            .split_once(':')
            .ok_or("has a part with a line that is no header")?;
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "content-type" => {
                kind = value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_ascii_lowercase();
            }
            "content-length" if value.parse() != Ok(bytes.len()) => {
                return Err("has a part of another length than it says");
            }
            "content-transfer-encoding" if !value.eq_ignore_ascii_case("binary") => {
                return Err("has a part that is encoded: send it as it is");
            }
            _ => {}
        }
    }
    Ok(Part { kind, bytes })
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

    fn read_text(body: &str) -> Result<Vec<(String, String)>, &'static str> {
        let parts = read(body.as_bytes(), "b")?;
        let text = |part: Part<'_>| (part.kind, String::from_utf8_lossy(part.bytes).into_owned());
        Ok(parts.into_iter().map(text).collect())
    }

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let mut parts = Parts::new("b".to_owned(), "application/dicom");
        for bytes in [&b"one\r\n--bx"[..], b""] {
            parts.begin(&[("Content-Type", "Application/DICOM; transfer-syntax=1.2")]);
            parts.extend(bytes);
        }
        let body = parts.finish();
        let read = read(&body, "b");
        // A boundary that goes on is one with something behind it.
        assert_eq!(read, Err("has something behind a boundary"));
        let kind = "application/dicom".to_owned();
        for (body, expected) in [
            (
                "--b\r\nContent-Type: application/dicom\r\n\r\none\r\n--b--",
                vec![(kind.clone(), "one".to_owned())],
            ),
            (
                "--b\r\n\r\none\r\n--b--\r\nepilogue",
                vec![(String::new(), "one".to_owned())],
            ),
            (
                "preamble\r\n--b \t\r\ncontent-type:application/dicom;x=y\r\nContent-Length: 3\r\n\r\none\r\n--b\r\n\r\n\r\n--b--",
                vec![(kind, "one".to_owned()), (String::new(), String::new())],
            ),
        ] {
            assert_eq!(read_text(body), Ok(expected), "{body:?}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let many = format!("{}--b--", "--b\r\n\r\nx\r\n".repeat(MOST_PARTS + 1));
        let long = format!("--b\r\nX: {}\r\n\r\nx\r\n--b--", "y".repeat(MOST_HEAD));
        for body in [
            "",
            "--b",
            "--b--",
            "--b\r\n",
            "--b\r\n\r\none",
            "--b\r\n\r\none\r\n--b",
            "--b\r\nno header\r\n\r\none\r\n--b--",
            "--b\r\nContent-Length: 4\r\n\r\none\r\n--b--",
            "--b\r\nContent-Length: x\r\n\r\none\r\n--b--",
            "--b\r\nContent-Transfer-Encoding: base64\r\n\r\none\r\n--b--",
            "--c\r\n\r\none\r\n--c--",
            &many,
            &long,
        ] {
            assert!(
                read_text(body).is_err(),
                "{:?}",
                body.chars().take(60).collect::<String>()
            );
        }
        assert!(read(b"--\r\n\r\nx\r\n----", "").is_err());
        assert!(read(b"x", &"b".repeat(MOST_BOUNDARY + 1)).is_err());
    }

    #[test]
    fn a_boundary_may_be_as_long_as_that_of_orthanc() {
        let uuid = "7d1b4dc1-8dd7-47cb-b70c-b3bb7150e314";
        let boundary = format!("{uuid}-{uuid}");
        let body = format!("--{boundary}\r\n\r\none\r\n--{boundary}--");
        let parts = read(body.as_bytes(), &boundary).expect("a part");
        assert_eq!(parts[0].bytes, b"one");
    }
}
