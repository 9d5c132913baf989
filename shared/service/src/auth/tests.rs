//! Which tokens are good, and who they say that the caller is.
//!
//! A token here is three parts, as RFC 7515 has them: a header, claims and a signature. Every case of a table changes one thing of a good one.

use aws_config::SdkConfig;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, encode};
use serde_json::json;

use super::identity::SignedWith;
use super::*;
use crate::config::Secret;

const SECRET: &str = "a secret of at least thirty-two bytes";
const FORMER_SECRET: &str = "the secret that was in use before this one";
const OTHER_SECRET: &str = "a secret that nobody ever told the service";
const ISSUER: &str = "https://login.example.org";
const AUDIENCE: &str = "filmroom";

fn verifier(config: TokenConfig, clock: &Clock) -> Verifier {
    Verifier::new(config, &SdkConfig::builder().build(), clock.clone())
}

/// Two shared secrets, and nothing else.
fn shared() -> TokenConfig {
    TokenConfig {
        secrets: vec![Secret::new(SECRET), Secret::new(FORMER_SECRET)],
        ..TokenConfig::default()
    }
}

/// The claims of a token that user 5 got `age` seconds ago, and that is good for an hour.
fn claims(clock: &Clock, age: i64) -> Value {
    let expires = clock.now().seconds() - age + 3600;
    json!({"user_id": 5, "exp": expires})
}

fn signed(claims: &Value, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).expect("a token")
}

/// A token whose header says `header`; its signature is no good for any algorithm.
fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(header),
        part(claims),
        URL_SAFE_NO_PAD.encode("no")
    )
}

/// The sentence that an `Authorization` header is refused with, or "user 5".
async fn answer(verifier: &Verifier, header: Option<&str>) -> String {
    match verifier.identity(header).await {
        Ok(identity) => match identity.who {
            Who::Numbered(id) => format!("user {}", id.number()),
            Who::Named { issuer, subject } => format!("{subject} of {issuer}"),
        },
        Err(Error::Unauthenticated(sentence)) => sentence.to_owned(),
        Err(error) => panic!("{error}"),
    }
}

async fn answer_to(verifier: &Verifier, claims: &Value) -> String {
    let header = format!("Bearer {}", signed(claims, SECRET));
    answer(verifier, Some(&header)).await
}

#[tokio::test]
async fn every_shape_of_a_header() {
    let clock = Clock::default();
    let verifier = verifier(shared(), &clock);
    let token = signed(&claims(&clock, 0), SECRET);
    let missing = "Sign in first: the Authorization header is missing.";
    let scheme = "The Authorization header must be: Bearer, a space, the token.";
    let malformed = "The token is malformed.";
    assert_eq!(answer(&verifier, None).await, missing);
    for (header, expected) in [
        (format!("Bearer {token}"), "user 5"),
        (format!("bearer {token}"), "user 5"),
        (format!("BEARER  {token} "), "user 5"),
        (String::new(), scheme),
        ("Bearer".to_owned(), scheme),
        ("Bearer ".to_owned(), scheme),
        (format!("Basic {token}"), scheme),
        (format!("Bearer{token}"), scheme),
        (token.clone(), scheme),
        ("Bearer x".to_owned(), malformed),
        ("Bearer a.b".to_owned(), malformed),
        ("Bearer a.b.c".to_owned(), malformed),
        ("Bearer ..".to_owned(), malformed),
        (format!("Bearer {token}.x"), malformed),
        (format!("Bearer {token} {token}"), malformed),
        (format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES)), malformed),
        (
            format!("Bearer {token}{}", "a".repeat(MAX_TOKEN_BYTES)),
            malformed,
        ),
    ] {
        assert_eq!(answer(&verifier, Some(&header)).await, expected, "{header}");
    }
}

#[tokio::test]
async fn every_kind_of_signature() {
    let clock = Clock::default();
    let verifier = verifier(shared(), &clock);
    let claims = claims(&clock, 0);
    let wrong = "The token's signature does not verify.";
    let algorithm = "The token is signed with an algorithm that is not accepted.";
    let good = signed(&claims, SECRET);
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let others_claims = signed(&json!({"user_id": 1, "exp": claims["exp"]}), OTHER_SECRET);
    let (others_head, _) = others_claims.rsplit_once('.').expect("three parts");
    let unsigned_by = |alg: &str| unsigned(&json!({"alg": alg, "kid": "key 1"}), &claims);
    for (token, expected) in [
        (good.clone(), "user 5"),
        (signed(&claims, FORMER_SECRET), "user 5"),
        (signed(&claims, OTHER_SECRET), wrong),
        (format!("{head}."), wrong),
        (format!("{others_head}.{signature}"), wrong),
        (unsigned_by("HS256"), wrong),
        (unsigned_by("HS384"), algorithm),
        (unsigned_by("HS512"), algorithm),
        // Without public keys configured, no token may choose them.
        (unsigned_by("RS256"), algorithm),
        (unsigned_by("ES256"), algorithm),
        (unsigned_by("PS256"), algorithm),
        (unsigned_by("EdDSA"), algorithm),
        (unsigned_by("none"), "The token is malformed."),
        (unsigned_by("hs256"), "The token is malformed."),
        (unsigned(&json!({}), &claims), "The token is malformed."),
    ] {
        let header = format!("Bearer {token}");
        assert_eq!(answer(&verifier, Some(&header)).await, expected, "{token}");
    }
}

/// Where only public keys are configured, a token that is signed with text that everybody knows is not even looked at.
#[tokio::test]
async fn without_a_shared_secret_none_is_accepted() {
    let clock = Clock::default();
    let config = TokenConfig {
        jwks_url: Some("http://127.0.0.1:1/keys".to_owned()),
        ..TokenConfig::default()
    };
    let verifier = verifier(config, &clock);
    let algorithm = "The token is signed with an algorithm that is not accepted.";
    for secret in ["", SECRET] {
        let header = format!("Bearer {}", signed(&claims(&clock, 0), secret));
        assert_eq!(answer(&verifier, Some(&header)).await, algorithm);
    }
    let nameless = unsigned(&json!({"alg": "RS256"}), &claims(&clock, 0));
    let header = format!("Bearer {nameless}");
    let kid = "The token does not name its key (kid).";
    assert_eq!(answer(&verifier, Some(&header)).await, kid);
}

#[tokio::test]
async fn a_token_is_good_from_its_nbf_to_its_exp_and_half_a_minute_more() {
    let clock = Clock::default();
    let verifier = verifier(shared(), &clock);
    let expired = "The token has expired: sign in again.";
    let early = "The token is not valid yet (nbf).";
    let endless = "The token has no expiry (exp).";
    let now = clock.now().seconds();
    let fractional = f64::from(u32::try_from(now).expect("a year before 2106")) + 0.5;
    for (exp, nbf, expected) in [
        (json!(now + 3600), json!(now - 1), "user 5"),
        (json!(now - 25), json!(now - 60), "user 5"),
        (json!(now - 35), json!(now - 60), expired),
        (json!(0), json!(0), expired),
        (json!(-1), json!(0), expired),
        (json!(now + 3600), json!(now + 25), "user 5"),
        (json!(now + 3600), json!(now + 40), early),
        (json!(now + 3600), json!("yesterday"), early),
        (json!(now + 3600), json!(null), early),
        (json!(fractional), json!(now), "user 5"),
        (json!("tomorrow"), json!(now), endless),
        (json!((now + 3600).to_string()), json!(now), endless),
        (json!(null), json!(now), endless),
    ] {
        let claims = json!({"user_id": 5, "exp": exp, "nbf": nbf});
        assert_eq!(answer_to(&verifier, &claims).await, expected, "{claims}");
    }
    assert_eq!(answer_to(&verifier, &json!({"user_id": 5})).await, endless);
    let claims = claims(&clock, 0);
    clock.advance((3600 + 31) * 1000);
    assert_eq!(answer_to(&verifier, &claims).await, expired);
}

#[tokio::test]
async fn an_issuer_and_an_audience_are_asked_for_where_they_are_configured() {
    let clock = Clock::default();
    let config = TokenConfig {
        issuer: Some(ISSUER.to_owned()),
        audiences: vec![AUDIENCE.to_owned()],
        ..shared()
    };
    let strict = verifier(config, &clock);
    let issuer = "The token comes from an issuer that is not accepted (iss).";
    let audience = "The token is meant for somebody else (aud).";
    let lacking =
        "The token lacks a required claim: exp, and iss and aud where they are configured.";
    for (iss, aud, expected) in [
        (json!(ISSUER), json!(AUDIENCE), "user 5"),
        (json!(ISSUER), json!([AUDIENCE, "another"]), "user 5"),
        (json!("https://evil.example.org"), json!(AUDIENCE), issuer),
        (json!(ISSUER), json!("another"), audience),
        (json!(ISSUER), json!(["another"]), audience),
        (json!(ISSUER), json!([]), audience),
        (json!(null), json!(AUDIENCE), lacking),
        (json!(ISSUER), json!(null), lacking),
    ] {
        let mut claims = claims(&clock, 0);
        (claims["iss"], claims["aud"]) = (iss, aud);
        assert_eq!(answer_to(&strict, &claims).await, expected, "{claims}");
    }
    assert_eq!(answer_to(&strict, &claims(&clock, 0)).await, lacking);
    // Nobody asks for them otherwise.
    let mut claims = claims(&clock, 0);
    (claims["iss"], claims["aud"]) = (json!("anybody"), json!("anybody"));
    assert_eq!(
        answer_to(&verifier(shared(), &clock), &claims).await,
        "user 5"
    );
}

#[test]
fn only_an_access_token_opens_anything() {
    for (kind, expected) in [
        (json!("access"), Some(5)),
        (json!("refresh"), None),
        (json!("Access"), None),
        (json!(""), None),
        (json!(null), None),
        (json!(true), None),
    ] {
        assert_eq!(id(json!({"user_id": 5, "type": kind})), expected, "{kind}");
    }
    assert_eq!(id(json!({"user_id": 5})), Some(5));
}

#[test]
fn an_administrator_is_who_a_claim_plainly_says_is_one() {
    for (claims, expected) in [
        (json!({}), false),
        (json!({"is_superuser": true}), true),
        (json!({"is_system_admin": true}), true),
        (json!({"roles": ["doctor", "admin"]}), true),
        (
            json!({"is_superuser": false, "is_system_admin": true}),
            true,
        ),
        (json!({"is_superuser": "true"}), false),
        (json!({"is_superuser": 1}), false),
        (json!({"is_superuser": null}), false),
        (json!({"admin": true}), false),
        (json!({"roles": "admin"}), false),
        (json!({"roles": ["administrator"]}), false),
        (json!({"roles": ["Admin"]}), false),
        (json!({"roles": [["admin"]]}), false),
        (json!({"roles": {"admin": true}}), false),
    ] {
        let mut all = claims.clone();
        all["user_id"] = json!(5);
        let admin = read(all).map(|(.., admin)| admin);
        assert_eq!(admin, Some(expected), "{claims}");
    }
}

/// Whom the claims name, with the secret's signature: id, name, whether an administrator. `None`: nobody.
fn read(claims: Value) -> Option<(i64, Option<String>, bool)> {
    match identity(claims, SignedWith::SharedSecret) {
        Ok(Identity {
            who: Who::Numbered(id),
            profile,
            admin,
        }) => Some((id.number(), profile.name, admin)),
        Ok(named) => panic!("{named:?}"),
        Err(_) => None,
    }
}

fn identity(claims: Value, signed: SignedWith) -> Result<Identity, Error> {
    let Value::Object(claims) = claims else {
        panic!("an object")
    };
    let admin = bearer::is_admin(&TokenConfig::default(), &claims);
    Identity::of(&claims, signed, admin)
}

/// What a provider's token with these claims makes of its bearer: `5`, or `subject of issuer`; `None`: nobody.
fn provided(trusts_user_id: bool, claims: Value) -> Option<String> {
    let found = identity(claims, SignedWith::PublishedKey { trusts_user_id });
    Some(match found.ok()?.who {
        Who::Numbered(id) => id.number().to_string(),
        Who::Named { issuer, subject } => format!("{subject} of {issuer}"),
    })
}

#[test]
fn a_provider_names_a_person_by_issuer_and_subject_unless_its_ids_are_trusted() {
    let uuid = "2f1c9bb4-30f8-4d7c-b2d1-9f1d4d0b7c11";
    let named = |subject: &str| Some(format!("{subject} of {ISSUER}"));
    let five = || Some("5".to_owned());
    for (claims, drawn, trusted) in [
        (json!({"sub": uuid}), named(uuid), named(uuid)),
        (json!({"sub": "5"}), named("5"), five()),
        (json!({"sub": 5}), named("5"), five()),
        (json!({"sub": uuid, "user_id": 5}), named(uuid), five()),
        // Who claims an id in a wrong way is nobody where it is looked at.
        (json!({"sub": uuid, "user_id": "5"}), named(uuid), None),
        // Ids from 2^40 are drawn, so that nobody can claim another one's.
        (
            json!({"sub": uuid, "user_id": 1_u64 << 40}),
            named(uuid),
            None,
        ),
        (
            json!({"sub": "108177340571420163741"}),
            named("108177340571420163741"),
            named("108177340571420163741"),
        ),
        (
            json!({"sub": "x".repeat(255)}),
            named(&"x".repeat(255)),
            named(&"x".repeat(255)),
        ),
        (json!({"sub": "x".repeat(256)}), None, None),
        (json!({"sub": ""}), None, None),
        (
            json!({"sub": "a
b"}),
            None,
            None,
        ),
        (json!({"sub": null}), None, None),
        (json!({"sub": ["a"]}), None, None),
        (json!({}), None, None),
    ] {
        let mut all = claims.clone();
        all["iss"] = json!(ISSUER);
        assert_eq!(provided(false, all.clone()), drawn, "{claims}");
        assert_eq!(provided(true, all), trusted, "{claims}");
    }
    for issuer in [
        json!(null),
        json!(""),
        json!(5),
        json!("https://a#b"),
        json!("x".repeat(1025)),
    ] {
        let claims = json!({"iss": issuer, "sub": uuid});
        assert_eq!(provided(false, claims), None, "{issuer}");
    }
}

fn id(claims: Value) -> Option<i64> {
    read(claims).map(|(id, ..)| id)
}

#[test]
fn the_display_name_is_the_first_claim_that_has_one() {
    let name = |claims: Value| {
        let Value::Object(mut claims) = claims else {
            panic!("an object")
        };
        claims.insert("user_id".to_owned(), json!(1));
        read(Value::Object(claims)).and_then(|(_, name, _)| name)
    };
    for (claims, expected) in [
        (json!({"real_name": "王医生", "name": "b"}), "王医生"),
        (json!({"real_name": "\u{202e}\n", "name": "b"}), "b"),
        (json!({"real_name": 5, "name": [], "username": "c"}), "c"),
    ] {
        assert_eq!(name(claims.clone()).as_deref(), Some(expected), "{claims}");
    }
    assert_eq!(name(json!({"username": "\u{200b}"})), None);
    assert_eq!(name(json!({})), None);
    let long = name(json!({"name": "x".repeat(500)})).unwrap();
    assert_eq!(long.len(), 200);
}

#[test]
fn a_user_id_is_a_positive_integer_or_the_token_is_nobodys() {
    let largest = (1_i64 << 40) - 1;
    assert_eq!(id(json!({"user_id": 5, "sub": "6"})), Some(5));
    assert_eq!(id(json!({"user_id": largest})), Some(largest));
    for wrong in [
        json!(null),
        json!(0),
        json!(-5),
        json!(5.5),
        json!(5.0),
        // Ids from there on are drawn.
        json!(1_u64 << 40),
        json!((1_u64 << 53) - 1),
        json!(1_u64 << 53),
        json!(u64::MAX),
        json!("12"),
        json!(""),
        json!(true),
        json!([5]),
        json!({"id": 5}),
    ] {
        assert_eq!(id(json!({"user_id": wrong, "sub": "6"})), None, "{wrong}");
        assert_eq!(id(json!({"user_id": wrong})), None, "{wrong}");
    }
}

#[test]
fn without_a_user_id_sub_is_one_in_its_one_spelling() {
    assert_eq!(id(json!({"sub": "6"})), Some(6));
    assert_eq!(id(json!({"sub": 7})), Some(7));
    for wrong in [
        json!(null),
        json!(""),
        json!("0"),
        json!("+7"),
        json!("007"),
        json!("-0"),
        json!("-7"),
        json!("7.0"),
        json!("7e0"),
        json!(" 7"),
        json!("7\n"),
        json!("９"),
        json!("1099511627776"),
        json!("9007199254740992"),
        json!("somebody"),
        json!(0),
        json!(-7),
        json!(7.0),
        json!(false),
        json!(["7"]),
    ] {
        assert_eq!(id(json!({"sub": wrong})), None, "{wrong}");
    }
    assert_eq!(id(json!({})), None);
}
