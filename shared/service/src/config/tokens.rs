//! How tokens are verified.

use super::{CalledBy, ConfigError, Secret, flag, variable, wrong};

/// How tokens are verified: which algorithms are allowed follows from what is set, never from a token.
#[derive(Clone, Debug, Default)]
pub struct TokenConfig {
    /// `JWT_SECRET`: the shared secrets of HS256, a line each, at least 32 bytes (RFC 7518, section 3.2). A token may be signed with any of
    /// them: usually there is one, and the one before in a second line for as long as its tokens shall go on to work.
    pub secrets: Vec<Secret>,
    /// `JWT_SECRET_ARN`: instead of them, the secret of Secrets Manager that has them under its key `jwt`. It is read at start, and again while
    /// the function runs: so it can be exchanged without a deployment, and its text stands in no environment.
    pub secret_arn: Option<String>,
    /// `JWKS_URL`: where the keys of RS256 and ES256 are, or the provider's discovery document, which ends in [`DISCOVERY`] and says where they are.
    pub jwks_url: Option<String>,
    /// `JWT_ISSUER`: the only `iss` accepted, when set. Required with a discovery document.
    pub issuer: Option<String>,
    /// `JWT_AUDIENCE`: the `aud` that are accepted, with spaces between, when set.
    pub audiences: Vec<String>,
    /// `JWT_SCOPE`: the scopes that a token must have, with spaces between. Default: none.
    pub scopes: Vec<String>,
    /// `BEARER_TOKEN`: which of a provider's tokens opens the service, `access` or `id`. Default: `access`.
    pub bearer: Bearer,
    /// `ADMIN_CLAIM`: the claim that makes an administrator, a name or a path with dots. Default: those of our own tokens (docs/API.md).
    pub admin_claim: Option<String>,
    /// `ADMIN_VALUE`: what that claim must be or contain. Default: `admin`.
    pub admin_value: String,
    /// `TRUST_USER_ID`: whether the integer `user_id` (else `sub`) of a token that is verified by `JWKS_URL` is the user's id here. Otherwise an id
    /// is drawn for its issuer and subject. Default: `true`, as it was before users had a table.
    pub trusts_user_id: bool,
}

/// The end of a discovery document's address (`OpenID` Connect Discovery 1.0, section 4).
pub const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A provider's token that opens the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bearer {
    /// The one that is made for services (RFC 9068).
    #[default]
    Access,
    /// The one that tells the page who somebody is, where a provider gives no access token that is a JWT.
    Id,
}

impl TokenConfig {
    /// # Errors
    /// The first variable that is wrong.
    pub(super) fn read(
        called_by: CalledBy,
        get: impl Fn(&str) -> Option<String> + Copy,
    ) -> Result<Self, ConfigError> {
        let tokens = Self {
            secrets: shared_secrets(&get(variable::JWT_SECRET).unwrap_or_default())
                .map_err(|problem| wrong(variable::JWT_SECRET, problem))?,
            secret_arn: get(variable::JWT_SECRET_ARN),
            jwks_url: get(variable::JWKS_URL),
            issuer: get(variable::JWT_ISSUER),
            audiences: words(get(variable::JWT_AUDIENCE)),
            scopes: words(get(variable::JWT_SCOPE)),
            bearer: match get(variable::BEARER_TOKEN).as_deref() {
                None | Some("access") => Bearer::Access,
                Some("id") => Bearer::Id,
                Some(_) => return Err(wrong(variable::BEARER_TOKEN, "must be access or id")),
            },
            admin_claim: get(variable::ADMIN_CLAIM),
            admin_value: get(variable::ADMIN_VALUE).unwrap_or_else(|| "admin".to_owned()),
            trusts_user_id: flag(get, variable::TRUST_USER_ID, true)?,
        };
        tokens.check(called_by)?;
        Ok(tokens)
    }

    fn check(&self, called_by: CalledBy) -> Result<(), ConfigError> {
        match (&self.secrets[..], &self.secret_arn, &self.jwks_url) {
            ([], None, None) if called_by == CalledBy::Users => Err(wrong(
                variable::JWT_SECRET,
                "is not set, and neither is JWT_SECRET_ARN or JWKS_URL: set one of them",
            )),
            ([_, ..], Some(_), _) => Err(wrong(
                variable::JWT_SECRET_ARN,
                "is set beside JWT_SECRET: set one of them, the other would be of no use",
            )),
            (_, Some(arn), _) if !is_secret(arn) => Err(wrong(
                variable::JWT_SECRET_ARN,
                "must be the ARN of a secret: arn:aws:secretsmanager:…:secret:…",
            )),
            (_, _, Some(url)) if !is_safe(url) => {
                Err(wrong(variable::JWKS_URL, "must begin with https://"))
            }
            (_, _, Some(url)) if url.ends_with(DISCOVERY) && self.issuer.is_none() => Err(wrong(
                variable::JWT_ISSUER,
                "is not set: with a discovery document as JWKS_URL it must be the `issuer` in it",
            )),
            (.., None) if self.bearer == Bearer::Id => Err(wrong(
                variable::BEARER_TOKEN,
                "is id: that needs a provider, JWKS_URL",
            )),
            (.., Some(_)) if self.bearer == Bearer::Id && self.audiences.is_empty() => Err(wrong(
                variable::JWT_AUDIENCE,
                "is not set: with BEARER_TOKEN=id it must be the client that the page is at the provider",
            )),
            _ => Ok(()),
        }
    }
}

/// Nobody on the way can change what such an address answers.
pub(crate) fn is_safe(url: &str) -> bool {
    let is_port = |rest: &str| {
        let port = rest.split('/').next().unwrap_or_default();
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    let own = url.strip_prefix("http://127.0.0.1:");
    url.starts_with("https://") || own.is_some_and(is_port)
}

fn words(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

fn is_secret(arn: &str) -> bool {
    arn.starts_with("arn:aws") && arn.contains(":secretsmanager:") && arn.contains(":secret:")
}

/// One secret for each line that is not empty.
///
/// # Errors
/// What is wrong with the text: a sentence that begins with the variable.
pub(crate) fn shared_secrets(text: &str) -> Result<Vec<Secret>, &'static str> {
    let lines = text.lines().filter(|line| !line.is_empty());
    let secrets: Vec<_> = lines.map(Secret::new).collect();
    if secrets.iter().any(|secret| secret.expose().len() < 32) {
        return Err(
            "is too short: HS256 needs at least 32 bytes in each line, for example `openssl rand -base64 48`",
        );
    }
    Ok(secrets)
}
