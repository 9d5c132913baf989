//! A place in a list: opaque to the caller, bound to the caller and the query, and of no use when changed.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of the HMAC that are kept: 128 bits (NIST SP 800-107, section 5.3.3 allows truncation).
const TAG: usize = 16;

/// Where the next page begins: text the server made, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Takes what a caller sent; it is verified by [`CursorKey::open`].
    #[must_use]
    pub fn untrusted(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Makes and verifies cursors.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey(…)")
    }
}

impl CursorKey {
    /// A key from secret bytes of any length.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "HMAC takes keys of any length (RFC 2104)"
    )]
    pub fn new(secret: &[u8]) -> Self {
        let mut mac = Hmac::new_from_slice(secret).expect("HMAC takes keys of any length");
        mac.update(b"filmroom cursor 1\0");
        Self(mac)
    }

    /// The cursor that continues after `position` for this caller and query (`scope`).
    #[must_use]
    pub fn seal(&self, scope: &str, position: &str) -> String {
        let tag = self.tag(scope, position).finalize().into_bytes();
        let mut bytes = tag[..TAG].to_vec();
        bytes.extend_from_slice(position.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position in a cursor that this key sealed for this very scope; `None` for any other text.
    #[must_use]
    pub fn open(&self, scope: &str, cursor: &Cursor) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).ok()?;
        let (tag, position) = bytes.split_at_checked(TAG)?;
        let position = std::str::from_utf8(position).ok()?;
        self.tag(scope, position).verify_truncated_left(tag).ok()?;
        Some(position.to_owned())
    }

    /// [`Self::open`] for a position that is an id.
    #[must_use]
    pub fn open_as<T: FromStr>(&self, scope: &str, cursor: &Cursor) -> Option<T> {
        self.open(scope, cursor)?.parse().ok()
    }

    fn tag(&self, scope: &str, position: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&(scope.len() as u64).to_be_bytes());
        mac.update(scope.as_bytes());
        mac.update(position.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests;
