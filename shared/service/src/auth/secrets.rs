//! The shared secrets of HS256: given as text, or read from Secrets Manager, by one signed call without its SDK.

use aws_config::SdkConfig;
use aws_types::region::Region;
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

use super::kept::{FETCH, Kept, Limits};
use crate::ask::ask;
use crate::clock::Clock;
use crate::config::{Secret, shared_secrets};
use crate::error::{Cause, Error};
use crate::signed::{Signed, connector, endpoint};

/// A signature that does not verify reads again (rotation) after a minute; without one, a secret that was withdrawn is used for five more.
/// While there is none, everybody is answered 503.
const LIMITS: Limits = Limits {
    fresh_ms: 5 * 60 * 1000,
    pause_ms: 60 * 1000,
    first_pause_ms: 1000,
};

/// The call, its target and its protocol: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>, "Examples".
const SERVICE: &str = "secretsmanager";
const TARGET: &str = "secretsmanager.GetSecretValue";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The keys that may have signed a token.
pub(super) enum Secrets {
    /// They do not change.
    Given(Vec<DecodingKey>),
    /// They are exchanged while functions run.
    Read(Box<SecretsManager>),
}

/// One secret of Secrets Manager.
pub(super) struct SecretsManager {
    arn: String,
    url: Result<String, String>,
    signed: Signed,
    keys: Kept<Vec<DecodingKey>>,
}

impl Secrets {
    /// These.
    pub(super) fn given(secrets: &[Secret]) -> Self {
        Self::Given(keys(secrets))
    }

    /// Those of the secret `arn`, read as `aws` says: with its credentials, in its region.
    pub(super) fn read(arn: String, aws: &SdkConfig, clock: Clock) -> Self {
        Self::Read(Box::new(SecretsManager {
            url: url(&arn, aws),
            arn,
            signed: Signed::of(aws, SERVICE, CONTENT_TYPE),
            keys: Kept::new(LIMITS, clock),
        }))
    }

    /// Reads what is to be read, so that no caller waits for it.
    pub(super) async fn begin(&self) -> Result<(), Cause> {
        match self {
            Self::Given(_) => Ok(()),
            Self::Read(manager) => manager.keys.begin(manager.fetch()).await,
        }
    }

    /// What `find` finds with these keys, with newer ones if need be. `None`: nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the keys cannot be read.
    pub(super) async fn find<R>(
        &self,
        find: impl Fn(&[DecodingKey]) -> Option<R>,
    ) -> Result<Option<R>, Error> {
        match self {
            Self::Given(keys) => Ok(find(keys)),
            Self::Read(manager) => {
                let found = manager.keys.find(|keys| find(keys), manager.fetch());
                found.await.map_err(Error::Unavailable)
            }
        }
    }
}

impl SecretsManager {
    async fn fetch(&self) -> Result<Vec<DecodingKey>, Cause> {
        let url = self.url.as_ref().map_err(String::clone)?;
        let body = json!({ "SecretId": self.arn });
        let request = self.signed.request(url, TARGET, &body).await?;
        // A connection of its own: between two calls Lambda may stop the process for longer than the other side keeps one open.
        let connector = connector(self.signed.region())?;
        let (status, body) = ask(&connector, request, FETCH).await?;
        let answer: Value =
            serde_json::from_slice(&body).map_err(|_| "Secrets Manager did not answer JSON")?;
        if !status.is_success() {
            return Err(refusal(status, &answer).into());
        }
        Ok(keys(&secrets_in(&answer)?))
    }
}

fn keys(secrets: &[Secret]) -> Vec<DecodingKey> {
    let key = |secret: &Secret| DecodingKey::from_secret(secret.expose().as_bytes());
    secrets.iter().map(key).collect()
}

/// Where Secrets Manager is: where the variables of all SDKs say, else where AWS has it
/// (<https://docs.aws.amazon.com/general/latest/gr/asm.html>).
fn url(arn: &str, aws: &SdkConfig) -> Result<String, String> {
    if let Some(url) = endpoint(aws, "Secrets Manager") {
        return Ok(url);
    }
    let partition = arn.split(':').nth(1).unwrap_or_default();
    let suffix = suffix(partition).ok_or_else(|| {
        format!("the partition {partition} is not known: set AWS_ENDPOINT_URL_SECRETS_MANAGER")
    })?;
    let region = aws.region().map(Region::as_ref).unwrap_or_default();
    Ok(format!("https://secretsmanager.{region}.{suffix}"))
}

/// The end of a partition's host names, as the SDKs have it (`partitions.json`).
fn suffix(partition: &str) -> Option<&'static str> {
    Some(match partition {
        "aws" | "aws-us-gov" => "amazonaws.com",
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        _ => return None,
    })
}

/// What Secrets Manager says in place of the secret, for the log.
fn refusal(status: http::StatusCode, answer: &Value) -> String {
    let kind = answer["__type"].as_str().unwrap_or_default();
    let message = answer["message"].as_str().or(answer["Message"].as_str());
    let message = message.unwrap_or_default();
    format!("Secrets Manager answered {status} {kind}: {message}")
}

/// The secrets in an answer. An error says what is wrong and never quotes the answer, because that may be a secret.
fn secrets_in(answer: &Value) -> Result<Vec<Secret>, Cause> {
    let text = answer["SecretString"].as_str();
    let text = text.ok_or("the secret JWT_SECRET_ARN has no text")?;
    let value: Value = serde_json::from_str(text)
        .map_err(|_| r#"the secret JWT_SECRET_ARN is no JSON: it must be {"jwt": "…"}"#)?;
    let lines = value["jwt"]
        .as_str()
        .ok_or(r#"the secret JWT_SECRET_ARN has no text "jwt""#)?;
    let secrets = shared_secrets(lines)
        .map_err(|problem| format!(r#""jwt" in the secret JWT_SECRET_ARN {problem}"#))?;
    if secrets.is_empty() {
        return Err(r#""jwt" in the secret JWT_SECRET_ARN is empty"#.into());
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(text: &str) -> Result<Vec<Secret>, String> {
        secrets_in(&json!({ "SecretString": text })).map_err(|cause| cause.to_string())
    }

    #[test]
    fn a_secret_that_cannot_be_used_is_described_and_not_shown() {
        for wrong in [
            "hunter2",
            r#""hunter2""#,
            "{}",
            r#"{"JWT": "hunter2"}"#,
            r#"{"jwt": ["hunter2"]}"#,
            r#"{"jwt": ""}"#,
            r#"{"jwt": "hunter2"}"#,
            r#"{"jwt": "one that is long enough, at 32 bytes\nhunter2"}"#,
        ] {
            let message = secrets(wrong).expect_err(wrong);
            assert!(message.contains("JWT_SECRET_ARN"), "{wrong}: {message}");
            assert!(!message.contains("hunter2"), "{wrong}: {message}");
        }
        assert!(secrets_in(&json!({"SecretBinary": "aHVudGVyMg=="})).is_err());
    }

    #[test]
    fn every_line_is_a_secret() {
        let (new, old) = ("n".repeat(32), "o".repeat(32));
        let text = json!({ "jwt": format!("{new}\n{old}\n"), "cursor": "x" }).to_string();
        assert_eq!(secrets(&text), Ok([new, old].map(Secret::new).to_vec()));
    }

    #[test]
    fn every_partition_has_its_own_host_name() {
        for (region, partition, host) in [
            (
                "eu-central-1",
                "aws",
                "secretsmanager.eu-central-1.amazonaws.com",
            ),
            (
                "cn-north-1",
                "aws-cn",
                "secretsmanager.cn-north-1.amazonaws.com.cn",
            ),
            (
                "us-gov-west-1",
                "aws-us-gov",
                "secretsmanager.us-gov-west-1.amazonaws.com",
            ),
        ] {
            let aws = SdkConfig::builder().region(Region::new(region)).build();
            let arn =
                format!("arn:{partition}:secretsmanager:{region}:123456789012:secret:a-AbCdEf");
            assert_eq!(url(&arn, &aws), Ok(format!("https://{host}")));
        }
        let nowhere = SdkConfig::builder().build();
        assert!(url("arn:aws-mars:secretsmanager:m:1:secret:a", &nowhere).is_err());
    }
}
