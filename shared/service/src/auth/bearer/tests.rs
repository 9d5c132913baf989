//! Tokens as five providers give them, and what each must not open.

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::*;

fn check_as(config: &TokenConfig, typ: Option<&str>, claims: Value) -> Result<(), String> {
    let mut header = Header::new(Algorithm::RS256);
    header.typ = typ.map(str::to_owned);
    let Value::Object(claims) = claims else {
        panic!("an object")
    };
    check(config, &header, &claims).map_err(|error| format!("{error:?}"))
}

fn config(audience: &str, scope: &str) -> TokenConfig {
    TokenConfig {
        audiences: audience.split(' ').map(str::to_owned).collect(),
        scopes: scope.split_whitespace().map(str::to_owned).collect(),
        ..TokenConfig::default()
    }
}

/// What each provider's access token says, after its documentation (docs/IDENTITY.md cites the pages).
fn shapes() -> [(&'static str, TokenConfig, &'static str, Value); 5] {
    let entra = "11111111-2222-3333-4444-555555555555";
    [
        (
            "Entra",
            config(entra, "access"),
            "JWT",
            json!({"aud": entra, "scp": "access", "ver": "2.0", "azp": "the page", "azpacr": "0"}),
        ),
        (
            "Okta",
            config("api://filmroom", "filmroom"),
            "JWT",
            json!({"aud": "api://filmroom", "cid": "the page", "scp": ["openid", "filmroom"], "ver": 1}),
        ),
        (
            "Auth0",
            config("https://filmroom.example.org/api", "files"),
            "at+jwt",
            json!({"aud": ["https://filmroom.example.org/api", "https://t.eu.auth0.com/userinfo"],
                "azp": "the page", "scope": "openid profile files"}),
        ),
        (
            "Keycloak",
            config("filmroom", "openid"),
            "JWT",
            json!({"aud": ["filmroom", "account"], "typ": "Bearer", "azp": "the page", "scope": "openid email"}),
        ),
        (
            "Cognito",
            config("the-page", "filmroom/files"),
            "JWT",
            json!({"client_id": "the-page", "token_use": "access", "scope": "openid filmroom/files"}),
        ),
    ]
}

#[test]
fn the_access_token_of_each_provider_opens_with_its_audience_and_scope() {
    for (provider, config, typ, claims) in shapes() {
        for typ in [Some(typ), Some(&typ.to_uppercase()[..])] {
            assert_eq!(check_as(&config, typ, claims.clone()), Ok(()), "{provider}");
        }
        let other = TokenConfig {
            audiences: vec!["another".to_owned()],
            ..config.clone()
        };
        let refused = check_as(&other, Some(typ), claims.clone()).expect_err(provider);
        assert!(refused.contains("Unauthenticated"), "{provider}: {refused}");
        for scope in ["administer", "open", "file", "filmroom/file"] {
            let other = TokenConfig {
                scopes: vec![scope.to_owned()],
                ..config.clone()
            };
            let refused = check_as(&other, Some(typ), claims.clone()).expect_err(provider);
            assert!(refused.contains("Forbidden"), "{provider}: {refused}");
        }
    }
}

#[test]
fn a_client_counts_only_where_there_is_no_audience() {
    let config = config("the-page", "");
    for (claims, good) in [
        (json!({"client_id": "the-page"}), true),
        (json!({"client_id": "the-page", "aud": null}), true),
        (json!({"client_id": "the-page", "aud": "another"}), false),
        (json!({"client_id": "the-page", "aud": []}), false),
        (
            json!({"client_id": "the-page", "aud": {"the-page": 1}}),
            false,
        ),
        (json!({"client_id": "another"}), false),
        (json!({"azp": "the-page"}), false),
        (json!({}), false),
    ] {
        assert_eq!(
            check_as(&config, None, claims.clone()).is_ok(),
            good,
            "{claims}"
        );
    }
}

#[test]
fn a_token_of_another_kind_does_not_open_though_it_is_signed_alike() {
    let access = config("page", "");
    let id = TokenConfig {
        bearer: Bearer::Id,
        ..config("page", "")
    };
    for (typ, more, opens_as_access, opens_as_id) in [
        ("JWT", json!({}), true, true),
        ("jwt", json!({}), true, true),
        ("at+jwt", json!({}), true, false),
        ("application/at+jwt", json!({}), true, false),
        ("logout+jwt", json!({}), false, false),
        ("secevent+jwt", json!({}), false, false),
        ("", json!({}), false, false),
        ("JWT", json!({"token_use": "access"}), true, false),
        ("JWT", json!({"token_use": "id"}), false, true),
        ("JWT", json!({"typ": "Bearer"}), true, false),
        ("JWT", json!({"typ": "ID"}), false, true),
        ("JWT", json!({"typ": "Refresh"}), false, false),
        ("JWT", json!({"typ": "Offline"}), false, false),
        ("JWT", json!({"typ": "Logout"}), false, false),
        ("JWT", json!({"azp": "page"}), true, true),
        ("JWT", json!({"azp": "another"}), true, false),
        ("JWT", json!({"cnf": {"jkt": "a key"}}), false, false),
    ] {
        let mut claims = json!({"aud": "page"});
        let all = claims.as_object_mut().expect("an object");
        all.extend(more.as_object().expect("an object").clone());
        let opens = |config| check_as(config, Some(typ), claims.clone()).is_ok();
        assert_eq!(
            (opens(&access), opens(&id)),
            (opens_as_access, opens_as_id),
            "{typ} {claims}"
        );
    }
}

#[test]
fn every_scope_that_is_asked_for_must_be_there() {
    let config = config("page", "read write");
    for (more, good) in [
        (json!({"scope": "write read"}), true),
        (json!({"scp": ["read", "write"]}), true),
        (json!({"scp": "read write"}), true),
        (json!({"scp": "read", "scope": "write"}), true),
        (json!({"scope": ["read", "write"]}), true),
        (json!({"scope": "read"}), false),
        (json!({"scope": "readwrite"}), false),
        (json!({"scp": ["read write"]}), false),
        (json!({"scp": 5, "scope": null}), false),
        (json!({}), false),
    ] {
        let mut claims = json!({"aud": "page"});
        let all = claims.as_object_mut().expect("an object");
        all.extend(more.as_object().expect("an object").clone());
        assert_eq!(check_as(&config, None, claims).is_ok(), good, "{more}");
    }
}

fn is_admin_by(claim: &str, value: &str, claims: Value) -> bool {
    let config = TokenConfig {
        admin_claim: Some(claim.to_owned()),
        admin_value: value.to_owned(),
        ..TokenConfig::default()
    };
    let Value::Object(claims) = claims else {
        panic!("an object")
    };
    is_admin(&config, &claims)
}

/// The claim, its value, the claims of a token, and whether they make an administrator.
#[expect(clippy::too_many_lines, reason = "a table")]
fn chosen() -> Vec<(&'static str, &'static str, Value, bool)> {
    let auth0 = "https://filmroom.example.org/roles";
    let own = json!({"is_superuser": true, "is_system_admin": true, "roles": ["admin"]});
    vec![
        (
            "roles",
            "Filmroom.Admin",
            json!({"roles": ["Filmroom.Admin"]}),
            true,
        ),
        ("roles", "Filmroom.Admin", own.clone(), false),
        ("groups", "admins", own, false),
        (
            "groups",
            "admins",
            json!({"groups": ["doctors", "admins"]}),
            true,
        ),
        ("groups", "admins", json!({"groups": "admins"}), true),
        (
            "groups",
            "admins",
            json!({"groups": "doctors admins"}),
            false,
        ),
        (
            "groups",
            "admins",
            json!({"groups": ["Admins", "admins2"]}),
            false,
        ),
        ("groups", "admins", json!({"groups": [["admins"]]}), false),
        (
            "groups",
            "admins",
            json!({"groups": {"admins": true}}),
            false,
        ),
        (
            "cognito:groups",
            "admin",
            json!({"cognito:groups": ["admin"]}),
            true,
        ),
        (auth0, "admin", json!({ auth0: ["admin"] }), true),
        (
            "realm_access.roles",
            "admin",
            json!({"realm_access": {"roles": ["admin"]}}),
            true,
        ),
        (
            "realm_access.roles",
            "admin",
            json!({"realm_access": ["roles", "admin"]}),
            false,
        ),
        (
            "resource_access.my.page.roles",
            "admin",
            json!({"resource_access": {"my.page": {"roles": ["admin"]}}}),
            true,
        ),
        ("is_boss", "true", json!({"is_boss": true}), true),
        ("is_boss", "true", json!({"is_boss": false}), false),
        ("is_boss", "admin", json!({"is_boss": true}), false),
        ("level", "9", json!({"level": 9}), false),
        ("", "admin", json!({}), false),
    ]
}

#[test]
fn an_administrator_is_who_the_chosen_claim_says_is_one() {
    for (claim, value, claims, expected) in chosen() {
        assert_eq!(
            is_admin_by(claim, value, claims.clone()),
            expected,
            "{claim} {claims}"
        );
    }
}
