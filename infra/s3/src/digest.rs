//! What a request says its body is, and the check that it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderMap, HeaderName};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::crypto::{Crc32, Crc64Nvme};
use s3s::{S3Error, s3_error};
use serde::{Deserialize, Serialize};

/// The checksum algorithms there are: those that SDKs and the AWS CLI use unless they are told otherwise
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Crc32,
    Crc64Nvme,
}

impl Algorithm {
    const ALL: [Self; 2] = [Self::Crc32, Self::Crc64Nvme];

    /// The name S3 uses in `x-amz-checksum-algorithm`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc64Nvme => "CRC64NVME",
        }
    }

    fn header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
        })
    }

    /// A hasher for this algorithm and, as S3 keeps one for every object, CRC64NVME.
    pub(crate) fn hasher(declared: Option<Self>) -> ChecksumHasher {
        ChecksumHasher {
            crc32: (declared == Some(Self::Crc32)).then(Crc32::new),
            crc64nvme: Some(Crc64Nvme::new()),
            ..ChecksumHasher::default()
        }
    }

    /// This algorithm's value among computed ones.
    pub(crate) fn of(self, sums: &s3s::dto::Checksum) -> Option<&String> {
        match self {
            Self::Crc32 => sums.checksum_crc32.as_ref(),
            Self::Crc64Nvme => sums.checksum_crc64nvme.as_ref(),
        }
    }
}

/// The checksum of a whole object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) algorithm: Algorithm,
    /// Base64, as in the header.
    pub(crate) value: String,
}

/// A checksum as the index keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredChecksum {
    algorithm: String,
    value: String,
    /// Whether it is one of the parts' checksums.
    composite: bool,
}

impl From<Checksum> for StoredChecksum {
    fn from(checksum: Checksum) -> Self {
        Self {
            algorithm: checksum.algorithm.name().to_owned(),
            value: checksum.value,
            composite: false,
        }
    }
}

impl StoredChecksum {
    /// `None` for one that only earlier versions of this engine made: those had more algorithms, and composite checksums.
    pub(crate) fn known(self) -> Option<Checksum> {
        let mut all = Algorithm::ALL.into_iter();
        let algorithm = all.find(|algorithm| algorithm.name() == self.algorithm)?;
        (!self.composite).then_some(Checksum {
            algorithm,
            value: self.value,
        })
    }
}

/// Digests a request declares for its body.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    md5: Option<[u8; 16]>,
    checksum: Option<(Algorithm, Expected)>,
}

/// Where the value to compare a checksum with is found.
#[derive(Debug)]
enum Expected {
    Header(String),
    Trailer,
}

impl Declared {
    /// Reads `Content-MD5`, `x-amz-checksum-*`, `x-amz-trailer` and `x-amz-sdk-checksum-algorithm`.
    pub(crate) fn parse(headers: &HeaderMap) -> Result<Self, S3Error> {
        let md5 = headers.get("content-md5");
        let md5 = md5.map(|value| {
            let bytes = BASE64.decode(value.as_bytes()).ok();
            bytes
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| {
                    s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid.")
                })
        });
        Ok(Self {
            md5: md5.transpose()?,
            checksum: declared_checksum(headers)?,
        })
    }

    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.checksum.as_ref().map(|(algorithm, _)| *algorithm)
    }

    /// Compares with what was computed. `trailer` finds a trailing header once the body is read.
    pub(crate) fn verify(
        &self,
        md5: &[u8; 16],
        sums: &s3s::dto::Checksum,
        trailer: impl FnOnce(&HeaderName) -> Option<String>,
    ) -> Result<(), S3Error> {
        if self.md5.is_some_and(|declared| declared != *md5) {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
        let Some((algorithm, expected)) = &self.checksum else {
            return Ok(());
        };
        let declared = match expected {
            Expected::Header(value) => Some(value.clone()),
            Expected::Trailer => trailer(&algorithm.header()),
        };
        if declared.is_some() && declared.as_ref() == algorithm.of(sums) {
            return Ok(());
        }
        let name = algorithm.name();
        Err(s3_error!(
            BadDigest,
            "The {name} you specified did not match the calculated checksum."
        ))
    }
}

fn declared_checksum(headers: &HeaderMap) -> Result<Option<(Algorithm, Expected)>, S3Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut checksum = None;
    for algorithm in Algorithm::ALL {
        let Some(value) = headers.get(algorithm.header()) else {
            continue;
        };
        if checksum.is_some() {
            return Err(s3_error!(
                InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            ));
        }
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        checksum = Some((algorithm, Expected::Header(value)));
    }
    if let (None, Some(trailer)) = (&checksum, text("x-amz-trailer")) {
        let mut all = Algorithm::ALL.into_iter();
        let named = all.find(|algorithm| trailer.trim() == algorithm.header().as_str());
        let named = named.ok_or_else(|| {
            s3_error!(
                NotImplemented,
                "The trailer {trailer:?} is not implemented."
            )
        })?;
        return Ok(Some((named, Expected::Trailer)));
    }
    if checksum.is_none() && headers.contains_key("x-amz-sdk-checksum-algorithm") {
        return Err(s3_error!(
            InvalidRequest,
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer \
             headers were found."
        ));
    }
    Ok(checksum)
}

/// The CRC64NVME of a whole object from those of its parts and their sizes.
pub(crate) fn combine<'p>(parts: impl IntoIterator<Item = (&'p str, u64)>) -> Option<Checksum> {
    let number = |sum: &str| {
        Some(u64::from_be_bytes(
            BASE64.decode(sum).ok()?.try_into().ok()?,
        ))
    };
    let mut whole = None;
    for (sum, size) in parts {
        let sum = number(sum)?;
        whole = Some(whole.map_or(sum, |whole| {
            crc_fast::checksum_combine(crc_fast::CrcAlgorithm::Crc64Nvme, whole, sum, size)
        }));
    }
    Some(Checksum {
        algorithm: Algorithm::Crc64Nvme,
        value: BASE64.encode(whole?.to_be_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, StoredChecksum, combine};

    fn sum(bytes: &[u8]) -> String {
        let mut hasher = Algorithm::hasher(None);
        hasher.update(bytes);
        let sums = hasher.finalize();
        let sum = Algorithm::Crc64Nvme.of(&sums);
        sum.expect("computed").clone()
    }

    #[test]
    fn crcs_of_parts_combine_to_the_crc_of_the_whole() {
        let parts: [&[u8]; 3] = [b"alpha", b"", b"omega and more"];
        let sums = parts.map(|part| (sum(part), part.len() as u64));
        let whole = combine(sums.iter().map(|(sum, size)| (sum.as_str(), *size)));
        assert_eq!(whole.expect("combines").value, sum(&parts.concat()));
    }

    #[test]
    fn a_checksum_that_only_an_earlier_version_made_is_not_shown() {
        let stored = |json: &str| {
            let stored: StoredChecksum = serde_json::from_str(json).expect("JSON");
            stored.known().map(|checksum| checksum.algorithm)
        };
        let sha = r#"{"algorithm": "SHA256", "value": "AA==", "composite": false}"#;
        let composite = r#"{"algorithm": "CRC32", "value": "AAAAAA==-2", "composite": true}"#;
        let whole = r#"{"algorithm": "CRC32", "value": "AAAAAA==", "composite": false}"#;
        assert_eq!((stored(sha), stored(composite)), (None, None));
        assert_eq!(stored(whole), Some(Algorithm::Crc32));
    }
}
