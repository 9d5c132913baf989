//! What stands before the API and the bucket.

use super::{ConfigError, Secret, variable, wrong};

/// A distribution in front, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// `ORIGIN_SECRET`: what the distribution sends with each request, so that its word is taken for where the request came from; two with a space
    /// between while it is exchanged.
    pub secrets: Vec<Secret>,
    /// `DIRECT_CALLS`: `refused` answers 403 to what comes without it. Default: `allowed`.
    pub refuses_direct_calls: bool,
    /// `FILES_ORIGIN`: the origin of pictures and downloads, if they come through a distribution: it hands requests on to the bucket.
    pub files_origin: Option<String>,
}

impl Edge {
    /// # Errors
    /// The first variable that is wrong.
    pub(super) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = get(variable::ORIGIN_SECRET).unwrap_or_default();
        let secrets: Vec<_> = text.split_ascii_whitespace().map(Secret::new).collect();
        if secrets.iter().any(|secret| secret.expose().len() < 32) {
            return Err(wrong(
                variable::ORIGIN_SECRET,
                "is too short: it needs at least 32 characters, for example `openssl rand -hex 32`",
            ));
        }
        let refuses_direct_calls = match get(variable::DIRECT_CALLS).as_deref() {
            None | Some("allowed") => false,
            Some("refused") if secrets.is_empty() => {
                return Err(wrong(
                    variable::DIRECT_CALLS,
                    "is refused, and without ORIGIN_SECRET every call would be",
                ));
            }
            Some("refused") => true,
            Some(_) => {
                return Err(wrong(variable::DIRECT_CALLS, "must be allowed or refused"));
            }
        };
        let files_origin = get(variable::FILES_ORIGIN);
        if files_origin.as_ref().is_some_and(|url| !is_origin(url)) {
            return Err(wrong(
                variable::FILES_ORIGIN,
                "must be https:// and a host, without a path",
            ));
        }
        Ok(Self {
            secrets,
            refuses_direct_calls,
            files_origin,
        })
    }
}

fn is_origin(url: &str) -> bool {
    let host = url.strip_prefix("https://");
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
}
