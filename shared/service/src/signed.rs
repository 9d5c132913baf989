//! One call of an AWS service that speaks JSON, signed by us: a third SDK would be in every program (docs/ARCHITECTURE.md, decision 19).

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::config::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_s3::primitives::SdkBody;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Connector, HttpClientError};
use aws_types::region::Region;
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;

use crate::error::Cause;
use crate::trust::trusted;

/// Signs the calls of one service.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    service: &'static str,
    content_type: &'static str,
    region: Option<Region>,
    credentials: Option<SharedCredentialsProvider>,
}

impl Signed {
    /// For `service`, by the name it has in signatures, with the credentials and the region of `aws`.
    pub(crate) fn of(aws: &SdkConfig, service: &'static str, content_type: &'static str) -> Self {
        Self {
            service,
            content_type,
            region: aws.region().cloned(),
            credentials: aws.credentials_provider(),
        }
    }

    pub(crate) fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// The operation `target` with `body`, signed in its headers.
    pub(crate) async fn request(
        &self,
        url: &str,
        target: &str,
        body: &Value,
    ) -> Result<HttpRequest, Cause> {
        let provider = self
            .credentials
            .as_ref()
            .ok_or("there are no credentials")?;
        let identity = provider.provide_credentials().await?.into();
        let region = self.region.as_ref().ok_or("there is no region")?;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region.as_ref())
            .name(self.service)
            // AWS holds a signature against its own time.
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = [
            ("content-type", self.content_type),
            ("x-amz-target", target),
        ];
        let body = body.to_string();
        let signable = SignableRequest::new(
            "POST",
            url,
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        let mut request = http::Request::post(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(SdkBody::from(body.clone()))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(HttpRequest::try_from(request)?)
    }
}

/// A way to AWS's services in `region`.
pub(crate) fn connector(region: Option<&Region>) -> Result<Connector, HttpClientError> {
    let context = TlsContext::builder().with_trust_store(trusted(region));
    let ring = Provider::Rustls(CryptoMode::Ring);
    Ok(Connector::builder()
        .tls_provider(ring)
        .tls_context(context.build()?)
        .build())
}

/// Where a service is when it is not AWS's, by the variables of all SDKs.
pub(crate) fn endpoint(aws: &SdkConfig, service_id: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    key.ok()
        .and_then(|key| aws.service_config()?.load_config(key))
}
