//! The URLs of pictures. A list has two for each of its files, and all of them are the same request for other keys: the SDK signs the first, and what it
//! signed is signed again for the others, without the 60 µs that each of its requests takes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use aws_sdk_s3::config::Credentials;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use sha2::{Digest as _, Sha256};

use crate::domain::text;

const SIGNATURE: &str = "&X-Amz-Signature=";
/// Lower-case hex.
const SIGNATURE_BYTES: usize = 64;

/// What is signed now. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Pictures(Arc<Mutex<Option<Pattern>>>);

impl Pictures {
    /// The URL of `key`, if one was learnt that is signed with these `credentials` at this time.
    pub(super) fn url(
        &self,
        key: &str,
        credentials: &Credentials,
        at: SystemTime,
    ) -> Option<String> {
        let pattern = self.pattern();
        let pattern = pattern.as_ref()?;
        let fits = pattern.at == at && pattern.credentials == *credentials;
        fits.then(|| pattern.url(key)).flatten()
    }

    /// Learns from the URL that the SDK made of `key`. If it cannot be made again, nothing is learnt, and the SDK makes the next one too.
    pub(super) fn learn(
        &self,
        key: &str,
        url: &str,
        credentials: &Credentials,
        region: &str,
        at: SystemTime,
    ) {
        let pattern = Pattern::of(key, url, credentials, region, at);
        *self.pattern() = pattern.filter(|pattern| pattern.url(key).as_deref() == Some(url));
    }

    fn pattern(&self) -> MutexGuard<'_, Option<Pattern>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A signed URL without its key.
struct Pattern {
    credentials: Credentials,
    at: SystemTime,
    /// `https://bucket.s3.eu-central-1.amazonaws.com`
    origin: String,
    /// What of the path stands before the key.
    path: String,
    /// The query before the signature.
    query: String,
    /// What is behind it: the token of credentials that end.
    rest: String,
    /// The canonical request behind the path
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).
    canonical: String,
    /// The string to sign before the hash of that.
    to_sign: String,
    signing_key: Vec<u8>,
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pattern").finish_non_exhaustive()
    }
}

impl Pattern {
    fn of(
        key: &str,
        url: &str,
        credentials: &Credentials,
        region: &str,
        at: SystemTime,
    ) -> Option<Self> {
        let (place, query) = url.split_once('?')?;
        let (query, signed) = query.split_once(SIGNATURE)?;
        let rest = signed.get(SIGNATURE_BYTES..)?;
        let place = place.strip_suffix(key)?;
        let host = place.find("://")? + "://".len();
        let path = host + place[host..].find('/')?;
        let mut parameters: Vec<_> = query.split('&').collect();
        parameters.extend(rest.split('&').filter(|parameter| !parameter.is_empty()));
        parameters.sort_unstable();
        let value = |name: &str| {
            let mut parameters = parameters.iter();
            parameters.find_map(|parameter| parameter.strip_prefix(name)?.strip_prefix('='))
        };
        let (time, credential) = (value("X-Amz-Date")?, value("X-Amz-Credential")?);
        let (_, scope) = credential.split_once("%2F")?;
        let signing_key = generate_signing_key(credentials.secret_access_key(), at, region, "s3");
        Some(Self {
            credentials: credentials.clone(),
            at,
            origin: place[..path].to_owned(),
            path: place[path..].to_owned(),
            canonical: format!(
                "\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD",
                parameters.join("&"),
                &place[host..path]
            ),
            to_sign: format!("AWS4-HMAC-SHA256\n{time}\n{}\n", scope.replace("%2F", "/")),
            query: query.to_owned(),
            rest: rest.to_owned(),
            signing_key: signing_key.as_ref().to_vec(),
        })
    }

    /// `None`: the key has characters that stand for something else in a URL. Keys of pictures have none.
    fn url(&self, key: &str) -> Option<String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if !key.bytes().all(is_plain) {
            return None;
        }
        let Self {
            origin,
            path,
            query,
            rest,
            canonical,
            to_sign,
            signing_key,
            ..
        } = self;
        let hash = Sha256::digest(format!("GET\n{path}{key}{canonical}"));
        let to_sign = format!("{to_sign}{}", text::hex(&hash));
        let signature = calculate_signature(signing_key, to_sign.as_bytes());
        Some(format!(
            "{origin}{path}{key}?{query}{SIGNATURE}{signature}{rest}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Region};
    use aws_sdk_s3::presigning::PresigningConfig;

    use super::*;

    const REGION: &str = "eu-central-1";
    const NEW_YEAR_OF_2026: Duration = Duration::from_hours(490_896);

    fn client(credentials: &Credentials, endpoint: Option<&str>) -> Client {
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(credentials.clone())
            .force_path_style(endpoint.is_some());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        Client::from_conf(config.build())
    }

    async fn by_the_sdk(client: &Client, key: &str, at: SystemTime) -> String {
        let config = PresigningConfig::builder()
            .start_time(at)
            .expires_in(Duration::from_mins(90));
        let request = client.get_object().bucket("images").key(key);
        let request = request.presigned(config.build().expect("times")).await;
        request.expect("a URL").uri().to_owned()
    }

    #[tokio::test]
    async fn the_url_of_another_key_is_the_one_that_the_sdk_makes() {
        let at = UNIX_EPOCH + NEW_YEAR_OF_2026;
        for token in [None, Some("a token/with+signs==".to_owned())] {
            for endpoint in [None, Some("http://127.0.0.1:8081")] {
                let credentials = Credentials::new("AKID", "secret", token.clone(), None, "test");
                let client = client(&credentials, endpoint);
                let pictures = Pictures::default();
                let (first, second) = ("thumbnails/1/aa.jpg", "previews/22/b-b_c.jpg");
                let signed = by_the_sdk(&client, first, at).await;
                pictures.learn(first, &signed, &credentials, REGION, at);
                let again = pictures.url(second, &credentials, at);
                assert_eq!(again, Some(by_the_sdk(&client, second, at).await));
                assert_eq!(pictures.url("a b", &credentials, at), None);
            }
        }
    }

    #[tokio::test]
    async fn nothing_is_signed_with_other_credentials_or_at_another_time() {
        let at = UNIX_EPOCH + NEW_YEAR_OF_2026;
        let credentials = Credentials::new("AKID", "secret", None, None, "test");
        let other = Credentials::new("AKID", "another secret", None, None, "test");
        let signed = by_the_sdk(&client(&credentials, None), "a", at).await;
        let pictures = Pictures::default();
        pictures.learn("a", &signed, &other, REGION, at);
        assert_eq!(pictures.url("a", &other, at), None, "it is another's");
        pictures.learn("a", &signed, &credentials, REGION, at);
        assert_eq!(pictures.url("a", &credentials, at), Some(signed));
        assert_eq!(pictures.url("a", &other, at), None);
        let later = at + Duration::from_mins(30);
        assert_eq!(pictures.url("a", &credentials, later), None);
    }
}
