//! What a signed token must be to open this service: of the right kind, meant for it, with the scope that the installation asks for.
//! Providers say the same thing in different claims; docs/IDENTITY.md has the values for each.

use jsonwebtoken::Header;
use serde_json::{Map, Value};

use crate::config::{Bearer, TokenConfig};
use crate::error::Error;

type Claims = Map<String, Value>;

const OTHER_KIND: Error =
    Error::Unauthenticated("This is not the kind of token that opens this service.");
const OTHER_AUDIENCE: Error = Error::Unauthenticated("The token is meant for somebody else (aud).");
const NO_AUDIENCE: Error = Error::Unauthenticated(
    "The token lacks a required claim: exp, and iss and aud where they are configured.",
);
const NO_SCOPE: Error = Error::Forbidden(
    "The token lacks the scope that this service asks for (scp or scope): ask whoever runs the sign-in.",
);

/// Whether a token whose signature is good is one that opens the service.
pub(super) fn check(config: &TokenConfig, header: &Header, claims: &Claims) -> Result<(), Error> {
    kind(config.bearer, header, claims)?;
    audience(config, claims)?;
    scope(&config.scopes, claims)
}

fn kind(bearer: Bearer, header: &Header, claims: &Claims) -> Result<(), Error> {
    // RFC 9068, section 2.1, of access tokens; what signs them may sign logout tokens and events as well (RFC 8725, section 3.11).
    let typ = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    let says = |name: &str| claims.get(name).and_then(Value::as_str);
    let (of_header, token_use, other_typ): (_, _, &[&str]) = match bearer {
        Bearer::Access => (matches!(typ, "jwt" | "at+jwt"), "access", &["ID"]),
        Bearer::Id => (typ == "jwt", "id", &["Bearer"]),
    };
    // Cognito: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    let of_cognito = says("token_use").is_none_or(|token_use_of_it| token_use_of_it == token_use);
    // Keycloak's `typ` claim: TokenUtil in its source.
    let refused = |typ| ["Refresh", "Offline", "Logout"].contains(&typ) || other_typ.contains(&typ);
    let of_keycloak = !says("typ").is_some_and(refused);
    // A token that is bound to a key is worth nothing without a proof of it, which a bearer does not give (RFC 7800; RFC 9449, section 7.2).
    if of_header && of_cognito && of_keycloak && !claims.contains_key("cnf") {
        return Ok(());
    }
    Err(OTHER_KIND)
}

/// `aud` must be one of ours. Cognito's access tokens have none, and name the client instead: it counts if there is no `aud`, as in API Gateway
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>).
fn audience(config: &TokenConfig, claims: &Claims) -> Result<(), Error> {
    if config.audiences.is_empty() {
        return Ok(());
    }
    let ours = |text: &Value| {
        let text = text.as_str();
        config.audiences.iter().any(|own| text == Some(own))
    };
    let aud = match claims.get("aud") {
        None | Some(Value::Null) => claims.get("client_id").ok_or(NO_AUDIENCE)?,
        Some(aud) => aud,
    };
    let meant = match aud {
        Value::Array(all) => all.iter().any(ours),
        one => ours(one),
    };
    // An ID token that another client asked for (`OpenID` Connect Core 1.0, section 3.1.3.7).
    let foreign = config.bearer == Bearer::Id && claims.get("azp").is_some_and(|azp| !ours(azp));
    if meant && !foreign {
        return Ok(());
    }
    Err(OTHER_AUDIENCE)
}

/// Every scope that is asked for is in `scp` (Entra: text with spaces, Okta: a list) or in `scope` (RFC 8693, section 4.2: text with spaces).
fn scope(asked: &[String], claims: &Claims) -> Result<(), Error> {
    let given: Vec<&str> = ["scp", "scope"]
        .into_iter()
        .filter_map(|name| claims.get(name))
        .flat_map(|value| match value {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            value => {
                let text = value.as_str().unwrap_or_default();
                text.split_ascii_whitespace().collect::<Vec<_>>()
            }
        })
        .collect();
    if asked.iter().all(|asked| given.contains(&asked.as_str())) {
        return Ok(());
    }
    Err(NO_SCOPE)
}

/// Whether a token makes its bearer an administrator: by the claim that the installation names, otherwise by the three that our own tokens have.
pub(super) fn is_admin(config: &TokenConfig, claims: &Claims) -> bool {
    let Some(path) = &config.admin_claim else {
        let flag = |name: &str| claims.get(name) == Some(&Value::Bool(true));
        let roles = claims.get("roles").and_then(Value::as_array);
        let has_role = roles.is_some_and(|roles| roles.iter().any(|role| role == "admin"));
        return flag("is_superuser") || flag("is_system_admin") || has_role;
    };
    let is_it = |value: &Value| match value {
        Value::Bool(flag) => *flag && config.admin_value == "true",
        value => value.as_str() == Some(&config.admin_value),
    };
    match at(claims, path) {
        Some(Value::Array(all)) => all.iter().any(is_it),
        Some(one) => is_it(one),
        None => false,
    }
}

/// The claim of this name, else the one at this path: `realm_access.roles` of Keycloak is a list in an object, `https://filmroom.example/roles` of
/// Auth0 is one name with dots in it.
fn at<'a>(claims: &'a Claims, path: &str) -> Option<&'a Value> {
    claims.get(path).or_else(|| {
        path.match_indices('.').find_map(|(dot, _)| {
            let inner = claims.get(&path[..dot])?.as_object()?;
            at(inner, &path[dot + 1..])
        })
    })
}

#[cfg(test)]
mod tests;
