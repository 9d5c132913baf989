//! What this folder's stack proves itself with: one random secret, and what is derived from it.
//!
//! No secret is a constant of the program: a web page that knew it could sign requests for the ports of this machine, and tokens of an
//! administrator.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use hmac::{Hmac, Mac as _};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use service::domain::text::hex;
use sha2::Sha256;

use crate::private;

const BYTES: usize = 32;

/// The secret of a folder.
#[derive(Clone)]
pub struct Secrets([u8; BYTES]);

impl Secrets {
    /// The secret of `folder`. A folder without one, new or of an older version, gets one now.
    ///
    /// # Errors
    /// If the folder cannot be used, or its secret is damaged.
    pub fn open(folder: &Path) -> io::Result<Self> {
        match Self::read(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => return found,
        }
        private::data_folder(folder)?;
        let mut bytes = [0; BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
        // The file appears whole, and only its owner may read it. If two programs start at once, both use the secret of the first.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", hex(&bytes))?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(folder.join(private::SECRET)) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(error.error);
            }
            _ => fs::File::open(folder)?.sync_all()?,
        }
        Self::read(folder)
    }

    /// The secret that `folder` has already.
    ///
    /// # Errors
    /// If there is none, or it is damaged.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let path = folder.join(private::SECRET);
        let text = fs::read_to_string(&path)?;
        private::file(&path)?;
        let bytes = bytes_of(text.trim_end()).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| {
            let path = path.display();
            io::Error::other(format!(
                "{path} is damaged: bring it back from a backup, or remove it, which ends the tokens and URLs made with it"
            ))
        })
    }

    /// The secret that signs tokens if `JWT_SECRET` is not set.
    #[must_use]
    pub fn tokens(&self) -> String {
        self.derive("tokens")
    }

    /// The secret of an access key.
    #[must_use]
    pub fn secret_key(&self, access_key: &str) -> String {
        self.derive(&format!("access key {access_key}"))
    }

    fn derive(&self, purpose: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        mac.update(purpose.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// The access keys there are, and the secret of each.
#[derive(Clone)]
pub struct AccessKeys(Arc<BTreeMap<String, String>>);

impl AccessKeys {
    /// One for each name.
    pub fn new<'n>(secrets: &Secrets, names: impl IntoIterator<Item = &'n str>) -> Self {
        let pair = |name: &str| (name.to_owned(), secrets.secret_key(name));
        Self(Arc::new(names.into_iter().map(pair).collect()))
    }

    /// The secret of an access key, if there is such a key.
    #[must_use]
    pub fn secret_of(&self, access_key: &str) -> Option<&str> {
        self.0.get(access_key).map(String::as_str)
    }

    /// Every key and its secret.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(name, secret)| (name.as_str(), secret.as_str()))
    }
}

impl fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The bytes of [`hex`].
pub(crate) fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok()?;
        let is_hex = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u8::from_str_radix(pair, 16).ok())?
    };
    (digits.len().is_multiple_of(2)).then(|| digits.chunks(2).map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_secret_and_no_other_has_it() {
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let first = Secrets::open(one.path()).expect("a secret");
        let again = Secrets::open(one.path()).expect("the secret");
        let other = Secrets::open(two.path()).expect("another secret");
        assert_eq!(first.tokens(), again.tokens());
        assert_ne!(first.tokens(), other.tokens());
    }

    #[test]
    fn every_purpose_has_a_secret_of_its_own() {
        let secrets = Secrets([7; BYTES]);
        let all = [
            secrets.tokens(),
            secrets.secret_key("operator"),
            secrets.secret_key("my-images"),
        ];
        assert!(all.iter().all(|secret| secret.len() == 64));
        assert_ne!(all[0], all[1]);
        assert_ne!(all[1], all[2]);
    }

    #[test]
    fn a_damaged_secret_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        for damaged in ["", "abc", "+f", &"0".repeat(63), &"g".repeat(64)] {
            fs::write(folder.path().join(private::SECRET), damaged).expect("written");
            let error = Secrets::open(folder.path()).expect_err("damaged");
            assert!(error.to_string().contains("is damaged"), "{error}");
        }
    }

    #[test]
    fn secrets_never_show() {
        let secrets = Secrets([7; BYTES]);
        let keys = AccessKeys::new(&secrets, ["operator"]);
        assert_eq!(
            format!("{secrets:?} {keys:?}"),
            r#"Secrets(…) {"operator"}"#
        );
    }
}
