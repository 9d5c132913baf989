//! Signature Version 4 of a call: `POST /`, without a query, signed in the header
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::time::{Duration, SystemTime};

use hmac::{Hmac, Mac as _};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use service::domain::text::hex;
use sha2::{Digest as _, Sha256};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

use crate::names::REGION;
use crate::secrets::bytes_of;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far the caller's clock may be from ours
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html>).
const MAX_SKEW: Duration = Duration::from_mins(15);
/// The headers that decide about a call have to be signed; the body always is.
const SIGNED: [&str; 3] = ["host", "x-amz-date", "x-amz-target"];

/// Why a call is refused
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CommonErrors.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no signature.
    Missing,
    /// The signature cannot be read, or leaves out what it must cover.
    Incomplete,
    /// The key is unknown.
    UnknownKey,
    /// The signature is too old, or of the future.
    Expired,
    /// The signature is of another request, or made with another secret.
    Wrong,
}

impl Fault {
    /// What AWS calls it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "com.amazon.coral.service#MissingAuthenticationTokenException",
            Self::Incomplete => "com.amazon.coral.service#IncompleteSignatureException",
            Self::UnknownKey => "com.amazon.coral.service#UnrecognizedClientException",
            Self::Expired | Self::Wrong => "com.amazon.coral.service#InvalidSignatureException",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Missing => "Request is missing Authentication Token",
            Self::Incomplete => {
                "The Authorization header must be of AWS4-HMAC-SHA256, for this service in us-east-1, and cover host, x-amz-date, x-amz-target and \
                 every other x-amz header"
            }
            Self::UnknownKey => "The security token included in the request is invalid.",
            Self::Expired => {
                "Signature expired: the caller's clock must be within 15 minutes of this one"
            }
            Self::Wrong => {
                "The request signature we calculated does not match the signature you provided: `filmroom-local key NAME` prints the keys of DATA_DIR"
            }
        }
    }
}

/// What an `Authorization` header says.
struct Claim<'h> {
    access_key: &'h str,
    scope: &'h str,
    signed: &'h str,
    signature: Vec<u8>,
}

/// The access key of whoever signed the call of `service`.
///
/// # Errors
/// See [`Fault`].
pub fn verify<'p, 's>(
    parts: &'p Parts,
    body: &[u8],
    service: &str,
    secret_of: impl Fn(&str) -> Option<&'s str>,
    now: SystemTime,
) -> Result<&'p str, Fault> {
    let header = parts.headers.get(AUTHORIZATION).ok_or(Fault::Missing)?;
    let header = header.to_str().map_err(|_| Fault::Incomplete)?;
    let claim = read(header).ok_or(Fault::Incomplete)?;
    if !covers(claim.signed, &parts.headers) {
        return Err(Fault::Incomplete);
    }
    let date = single(&parts.headers, "x-amz-date").ok_or(Fault::Incomplete)?;
    let day = date.get(..8).ok_or(Fault::Incomplete)?;
    if claim.scope != format!("{day}/{REGION}/{service}/aws4_request") {
        return Err(Fault::Incomplete);
    }
    let secret = secret_of(claim.access_key).ok_or(Fault::UnknownKey)?;
    let canonical = canonical(claim.signed, &parts.headers, body).ok_or(Fault::Incomplete)?;
    let hash = hex(&Sha256::digest(canonical));
    let to_sign = format!("{ALGORITHM}\n{date}\n{}\n{hash}", claim.scope);
    // In constant time.
    let signed = keyed(&signing_key(secret, day, service), &to_sign).verify_slice(&claim.signature);
    signed.map_err(|_| Fault::Wrong)?;
    if is_fresh(date, now) {
        Ok(claim.access_key)
    } else {
        Err(Fault::Expired)
    }
}

/// `AWS4-HMAC-SHA256 Credential=key/scope, SignedHeaders=a;b, Signature=hex`.
fn read(header: &str) -> Option<Claim<'_>> {
    let fields = header.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
    let field = |name: &str| {
        let mut found = fields.split(',').filter_map(|field| {
            let field = field.trim().strip_prefix(name)?;
            field.strip_prefix('=')
        });
        found.next().filter(|_| found.next().is_none())
    };
    let (access_key, scope) = field("Credential")?.split_once('/')?;
    Some(Claim {
        access_key,
        scope,
        signed: field("SignedHeaders")?,
        signature: bytes_of(field("Signature")?)?,
    })
}

fn covers(signed: &str, headers: &HeaderMap) -> bool {
    let is_signed = |name: &str| signed.split(';').any(|signed| signed == name);
    let mut amz = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-amz-"));
    SIGNED.into_iter().all(is_signed) && amz.all(|name| is_signed(name.as_str()))
}

/// The request as both sides write it down before they sign.
fn canonical(signed: &str, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let mut lines = Vec::new();
    for name in signed.split(';') {
        let mut values = Vec::new();
        for value in headers.get_all(name) {
            let words: Vec<_> = value.to_str().ok()?.split_ascii_whitespace().collect();
            values.push(words.join(" "));
        }
        if values.is_empty() {
            return None;
        }
        lines.push(format!("{name}:{}\n", values.join(",")));
    }
    let hash = hex(&Sha256::digest(body));
    let lines = lines.concat();
    Some(format!("POST\n/\n\n{lines}\n{signed}\n{hash}"))
}

fn signing_key(secret: &str, day: &str, service: &str) -> Vec<u8> {
    let parts = [day, REGION, service, "aws4_request"];
    parts
        .into_iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            keyed(&key, part).finalize().into_bytes().to_vec()
        })
}

fn keyed(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes any key");
    mac.update(text.as_bytes());
    mac
}

fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}

fn is_fresh(date: &str, now: SystemTime) -> bool {
    moment(date).is_some_and(|date| (OffsetDateTime::from(now) - date).unsigned_abs() <= MAX_SKEW)
}

/// `20261126T062000Z`.
fn moment(date: &str) -> Option<OffsetDateTime> {
    let (day, time) = date.strip_suffix('Z')?.split_once('T')?;
    let is_whole = day.len() == 8 && time.len() == 6;
    let number = |text: &str, from| text.get(from..from + 2)?.parse::<u8>().ok();
    let year = day.get(..4).filter(|_| is_whole)?.parse().ok()?;
    let month = number(day, 4)?.try_into().ok()?;
    let day = Date::from_calendar_date(year, month, number(day, 6)?).ok()?;
    let time = Time::from_hms(number(time, 0)?, number(time, 2)?, number(time, 4)?).ok()?;
    Some(PrimitiveDateTime::new(day, time).assume_utc())
}
