//! What a request says its body is, and the check that it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderMap, HeaderName};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::crypto::{Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::{S3Error, s3_error};
use serde::{Deserialize, Serialize};

/// Additional checksum algorithms of S3 objects
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// The name S3 uses in `x-amz-checksum-algorithm`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self, S3Error> {
        let found = Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            s3_error!(
                InvalidRequest,
                "Checksum algorithm provided is unsupported."
            )
        })
    }

    fn header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        })
    }

    /// A hasher for this algorithm and, as S3 keeps one for every object, CRC64NVME.
    pub(crate) fn hasher(declared: Option<Self>) -> ChecksumHasher {
        ChecksumHasher {
            crc32: (declared == Some(Self::Crc32)).then(Crc32::new),
            crc32c: (declared == Some(Self::Crc32c)).then(Crc32c::new),
            sha1: (declared == Some(Self::Sha1)).then(Sha1::new),
            sha256: (declared == Some(Self::Sha256)).then(Sha256::new),
            crc64nvme: Some(Crc64Nvme::new()),
        }
    }

    /// This algorithm's value among computed ones.
    pub(crate) fn of(self, sums: &s3s::dto::Checksum) -> Option<&String> {
        match self {
            Self::Crc32 => sums.checksum_crc32.as_ref(),
            Self::Crc32c => sums.checksum_crc32c.as_ref(),
            Self::Crc64Nvme => sums.checksum_crc64nvme.as_ref(),
            Self::Sha1 => sums.checksum_sha1.as_ref(),
            Self::Sha256 => sums.checksum_sha256.as_ref(),
        }
    }
}

/// A stored checksum. A composite one is a checksum of the parts' checksums, with `-` and their number behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    pub(crate) algorithm: Algorithm,
    /// Base64, as in the header.
    pub(crate) value: String,
    pub(crate) composite: bool,
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
    None,
}

impl Declared {
    /// Reads `Content-MD5`, `x-amz-checksum-*`, `x-amz-trailer` and `x-amz-sdk-checksum-algorithm`.
    pub(crate) fn parse(headers: &HeaderMap) -> Result<Self, S3Error> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let md5 = match headers.get("content-md5") {
            Some(value) => {
                let bytes = BASE64
                    .decode(value.as_bytes())
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok());
                Some(bytes.ok_or_else(|| {
                    s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid.")
                })?)
            }
            None => None,
        };
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
            checksum = Some((
                algorithm,
                Expected::Header(String::from_utf8_lossy(value.as_bytes()).into_owned()),
            ));
        }
        if let (None, Some(trailer)) = (&checksum, text("x-amz-trailer")) {
            let named = Algorithm::ALL
                .into_iter()
                .find(|algorithm| trailer.trim() == algorithm.header().as_str());
            checksum = named.map(|algorithm| (algorithm, Expected::Trailer));
        }
        if let (None, Some(name)) = (&checksum, text("x-amz-sdk-checksum-algorithm")) {
            Algorithm::parse(name)?;
            return Err(s3_error!(
                InvalidRequest,
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer \
                 headers were found."
            ));
        }
        Ok(Self { md5, checksum })
    }

    /// No digest to compare with, but one to compute.
    pub(crate) fn computed(algorithm: Option<Algorithm>) -> Self {
        Self {
            md5: None,
            checksum: algorithm.map(|algorithm| (algorithm, Expected::None)),
        }
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
            Expected::None => return Ok(()),
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

/// Checksum of a whole object from its parts' checksums and sizes, as `CompleteMultipartUpload` makes it.
pub(crate) fn combine(
    algorithm: Algorithm,
    composite: bool,
    parts: &[(String, u64)],
) -> Option<Checksum> {
    let raw = parts
        .iter()
        .map(|(sum, size)| Some((BASE64.decode(sum).ok()?, *size)))
        .collect::<Option<Vec<_>>>()?;
    let value = if composite {
        let all: Vec<u8> = raw
            .iter()
            .flat_map(|(sum, _)| sum.iter().copied())
            .collect();
        let mut hasher = Algorithm::hasher(Some(algorithm));
        hasher.update(&all);
        format!("{}-{}", algorithm.of(&hasher.finalize())?, parts.len())
    } else {
        full_object(algorithm, &raw)?
    };
    Some(Checksum {
        algorithm,
        value,
        composite,
    })
}

fn full_object(algorithm: Algorithm, parts: &[(Vec<u8>, u64)]) -> Option<String> {
    let (kind, width) = match algorithm {
        Algorithm::Crc32 => (crc_fast::CrcAlgorithm::Crc32IsoHdlc, 4),
        Algorithm::Crc32c => (crc_fast::CrcAlgorithm::Crc32Iscsi, 4),
        Algorithm::Crc64Nvme => (crc_fast::CrcAlgorithm::Crc64Nvme, 8),
        Algorithm::Sha1 | Algorithm::Sha256 => return None,
    };
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let mut parts = parts.iter();
    let first = number(&parts.next()?.0);
    let whole = parts.fold(first, |whole, (sum, size)| {
        crc_fast::checksum_combine(kind, whole, number(sum), *size)
    });
    Some(BASE64.encode(&whole.to_be_bytes()[8 - width..]))
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, combine};

    fn sum(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut hasher = Algorithm::hasher(Some(algorithm));
        hasher.update(bytes);
        algorithm.of(&hasher.finalize()).expect("computed").clone()
    }

    #[test]
    fn crcs_of_parts_combine_to_the_crc_of_the_whole() {
        let parts: [&[u8]; 3] = [b"alpha", b"", b"omega and more"];
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let sums: Vec<_> = parts
                .iter()
                .map(|part| (sum(algorithm, part), part.len() as u64))
                .collect();
            let whole = combine(algorithm, false, &sums).expect("combines");
            assert_eq!(
                whole.value,
                sum(algorithm, &parts.concat()),
                "{algorithm:?}"
            );
        }
    }

    #[test]
    fn a_sha_of_a_whole_object_cannot_be_combined() {
        assert_eq!(
            combine(
                Algorithm::Sha256,
                false,
                &[(sum(Algorithm::Sha256, b"a"), 1)]
            ),
            None
        );
    }
}
