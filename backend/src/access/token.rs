//! Tokens: the signed access token of a session, and the random ones (refresh, events, nodes) that are stored as
//! their SHA-256. The algorithm is pinned (HS256); a token says nothing that the session's row does not confirm.

use crate::error::{ApiError, ApiResult};
use contract::problem::ErrorCode;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use rand::{TryRngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How many seconds an access token is valid.
pub const ACCESS_SECONDS: u32 = 15 * 60;
/// What a node's token begins with.
pub const NODE_PREFIX: &str = "gpn_";

/// What a program's token begins with.
pub const API_PREFIX: &str = "gp_live_";
/// Random letters of a program's token, and the letters of its check sum.
const API_LETTERS: usize = 30;
const CHECK_LETTERS: usize = 6;

const ISSUER: &str = "gatepost";
const AUDIENCE: &str = "gatepost-api";
/// For the address of one preview: no access token, and an access token is no such address.
const PREVIEW: &str = "gatepost-preview";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// The user.
    pub sub: String,
    /// The session.
    pub sid: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Makes and reads access tokens.
#[derive(Clone)]
pub struct Tokens {
    keys: Arc<(EncodingKey, DecodingKey)>,
}

impl Tokens {
    /// Tokens signed with this secret.
    pub fn new(secret: &[u8]) -> Self {
        Self { keys: Arc::new((EncodingKey::from_secret(secret), DecodingKey::from_secret(secret))) }
    }

    /// An access token of a session, valid for [`ACCESS_SECONDS`] from `now` (milliseconds).
    pub fn issue(&self, user: &str, session: &str, now: i64) -> ApiResult<String> {
        self.issue_for(AUDIENCE, user, session, now)
    }

    /// A token that shows one message to whoever holds it while the session is open, at most for
    /// [`ACCESS_SECONDS`].
    pub fn issue_preview(&self, message: &str, session: &str, now: i64) -> ApiResult<String> {
        self.issue_for(PREVIEW, message, session, now)
    }

    fn issue_for(&self, audience: &str, user: &str, session: &str, now: i64) -> ApiResult<String> {
        let seconds = now / 1000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: audience.to_owned(),
            sub: user.to_owned(),
            sid: session.to_owned(),
            jti: random_text(16)?,
            iat: seconds,
            nbf: seconds,
            exp: seconds + i64::from(ACCESS_SECONDS),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.keys.0).map_err(ApiError::internal)
    }

    /// What a token says, or 401. Its times are held against our own clock.
    pub fn verify(&self, token: &str, now: i64) -> ApiResult<Claims> {
        self.verify_for(AUDIENCE, token, now)
    }

    /// What a token of [`Self::issue_preview`] says, or 401.
    pub fn verify_preview(&self, token: &str, now: i64) -> ApiResult<Claims> {
        self.verify_for(PREVIEW, token, now)
    }

    fn verify_for(&self, audience: &str, token: &str, now: i64) -> ApiResult<Claims> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[audience]);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let not_signed_in = || ApiError::new(ErrorCode::NotSignedIn);
        let claims = decode::<Claims>(token, &self.keys.1, &rules).map_err(|_| not_signed_in())?.claims;
        let seconds = now / 1000;
        // Several backends' clocks may differ by a little.
        let is_valid = claims.exp > seconds
            && claims.nbf <= seconds + 60
            && claims.exp - claims.nbf <= i64::from(ACCESS_SECONDS);
        if is_valid { Ok(claims) } else { Err(not_signed_in()) }
    }
}

/// So many random letters and digits (5.95 bits each), from the operating system.
pub fn random_text(length: usize) -> ApiResult<String> {
    let mut text = String::with_capacity(length);
    let mut bytes = [0_u8; 64];
    while text.len() < length {
        OsRng.try_fill_bytes(&mut bytes).map_err(ApiError::internal)?;
        // 248 is the largest multiple of 62 below 256: no letter is likelier than another.
        let letters = bytes.iter().filter(|byte| **byte < 248);
        let letters =
            letters.filter_map(|byte| ALPHABET.get(usize::from(byte % 62)).copied().map(char::from));
        text.extend(letters.take(length - text.len()));
    }
    Ok(text)
}

/// A node's token: its prefix and 40 random letters and digits.
pub fn new_node_token() -> ApiResult<String> {
    Ok(format!("{NODE_PREFIX}{}", random_text(40)?))
}

/// A program's token: its prefix, 30 random letters and digits, and their check sum, by which whoever finds one in a
/// public place knows it for one.
pub fn new_api_token() -> ApiResult<String> {
    let random = random_text(API_LETTERS)?;
    Ok(format!("{API_PREFIX}{random}{}", check_sum(&random)))
}

/// Whether the text can be a program's token: its check sum is right.
pub fn is_api_token(text: &str) -> bool {
    let letters = text.strip_prefix(API_PREFIX).filter(|it| it.is_ascii());
    let parts = letters.and_then(|letters| letters.split_at_checked(API_LETTERS));
    parts.is_some_and(|(random, sum)| sum == check_sum(random))
}

/// CRC32 in six letters and digits.
fn check_sum(random: &str) -> String {
    let mut rest = usize::try_from(crc32fast::hash(random.as_bytes())).unwrap_or_default();
    let mut letters = Vec::with_capacity(CHECK_LETTERS);
    for _ in 0..CHECK_LETTERS {
        letters.push(ALPHABET.get(rest % ALPHABET.len()).copied().map_or('0', char::from));
        rest /= ALPHABET.len();
    }
    letters.into_iter().rev().collect()
}

/// How a random token is stored: SHA-256 in hexadecimal digits. It has more than 128 random bits, so that a slow
/// hash would add nothing.
pub fn hash(token: &str) -> String {
    format!("{:x}", Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    /// P21.
    #[test]
    fn a_programs_token_is_known_by_its_check_sum() {
        let token = new_api_token().unwrap();
        assert_eq!(token.len(), 44);
        assert!(is_api_token(&token) && token.starts_with("gp_live_"), "{token}");
        assert_ne!(check_sum("a"), check_sum("b"));
        for wrong in
            ["", "gp_live_", &token[..43], &token.replace("gp_live_", "gp_test_"), &format!("{token}0")]
        {
            assert!(!is_api_token(wrong), "{wrong}");
        }
    }

    /// P12.
    #[test]
    fn an_access_token_ends_with_its_time_and_with_another_key() {
        let tokens = Tokens::new(b"0123456789abcdef0123456789abcdef");
        let token = tokens.issue("usr_1", "ses_1", NOW).unwrap();
        assert_eq!(tokens.verify(&token, NOW).unwrap().sid, "ses_1");
        assert!(tokens.verify(&token, NOW + 899_000).is_ok());
        assert!(tokens.verify(&token, NOW + 900_000).is_err());
        assert!(tokens.verify(&token, NOW - 120_000).is_err(), "not yet valid");
        assert!(Tokens::new(b"another secret, as long as that.").verify(&token, NOW).is_err());
    }

    /// P12: `alg: none`, another algorithm, another audience.
    #[test]
    fn a_token_of_another_make_is_refused() {
        let tokens = Tokens::new(b"0123456789abcdef0123456789abcdef");
        let good = tokens.issue("usr_1", "ses_1", NOW).unwrap();
        let body = good.split('.').nth(1).unwrap();
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.");
        assert!(tokens.verify(&none, NOW).is_err());
        let claims = serde_json::json!({"iss": ISSUER, "aud": "other", "sub": "usr_1", "sid": "ses_1",
            "jti": "x", "iat": NOW / 1000, "nbf": NOW / 1000, "exp": NOW / 1000 + 60});
        for (algorithm, audience) in [(Algorithm::HS256, "other"), (Algorithm::HS512, AUDIENCE)] {
            let mut claims = claims.clone();
            claims["aud"] = audience.into();
            let key = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
            let token = encode(&Header::new(algorithm), &claims, &key).unwrap();
            assert!(tokens.verify(&token, NOW).is_err(), "{algorithm:?} {audience}");
        }
        for text in ["", "a.b.c", "x"] {
            assert!(tokens.verify(text, NOW).is_err());
        }
    }

    #[test]
    fn random_texts_are_long_enough_and_differ() {
        let (one, two) = (random_text(40).unwrap(), random_text(40).unwrap());
        assert!(one.len() == 40 && one != two && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
