//! Codes of an app (TOTP, RFC 6238): six digits by SHA-1 every 30 seconds, which is what every app knows, and the
//! recovery codes beside them. Nothing is stored here.

use super::token;
use crate::error::{ApiError, ApiResult};
use rand::{TryRngCore, rngs::OsRng};
use totp_rs::{Builder, Totp};

/// Bytes of a seed: as many as SHA-1 gives (RFC 4226 §4).
const SEED_BYTES: usize = 20;
/// Who asks for the code, as the app shows it.
const ISSUER: &str = "Gatepost";
/// Recovery codes at a time.
const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code: 95 random bits.
const RECOVERY_LETTERS: usize = 16;

/// A seed as a person sees it once.
pub struct Shown {
    /// In base 32.
    pub secret: String,
    /// As an `otpauth://` address.
    pub uri: String,
    /// As a QR code, a PNG image in base 64.
    pub qr_png: String,
}

/// A new random seed.
pub fn new_seed() -> ApiResult<Vec<u8>> {
    let mut seed = vec![0_u8; SEED_BYTES];
    OsRng.try_fill_bytes(&mut seed).map_err(ApiError::internal)?;
    Ok(seed)
}

/// The seed for the app of this user.
pub fn show(seed: &[u8], username: &str) -> ApiResult<Shown> {
    // The address parts its names by colons.
    let totp = totp(seed, &username.replace(':', "_"))?;
    Ok(Shown {
        secret: totp.secret().to_base32(),
        uri: totp.to_url().map_err(ApiError::internal)?,
        qr_png: totp.to_qr_base64().map_err(ApiError::internal)?,
    })
}

/// The step (of 30 seconds since 1970) that the code belongs to, if it is one of now, of the step before or of the
/// one after; `now` in milliseconds.
pub fn step_of(seed: &[u8], code: &str, now: i64) -> ApiResult<Option<i64>> {
    let seconds = u64::try_from(now / 1000).unwrap_or_default();
    let step = totp(seed, "")?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn totp(seed: &[u8], username: &str) -> ApiResult<Totp> {
    let totp = Builder::new().with_secret(seed.to_vec()).with_skew(1).with_issuer(Some(ISSUER));
    totp.with_account_name(username).build().map_err(ApiError::internal)
}

/// Whether it looks like a code of an app rather than a recovery code.
pub fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// New recovery codes in groups of four.
pub fn new_recovery_codes() -> ApiResult<Vec<String>> {
    let code = |_| {
        let letters: Vec<char> = token::random_text(RECOVERY_LETTERS)?.chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        Ok(groups.join("-"))
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// How a recovery code is stored. It has so many random bits that a slow hash would add nothing.
pub fn recovery_hash(code: &str) -> String {
    let letters: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    token::hash(&letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B (its eight digits end in these six).
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let seed = b"12345678901234567890";
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(step_of(seed, code, seconds * 1000).unwrap(), Some(seconds / 30), "{code}");
        }
    }

    /// ACC-02.
    #[test]
    fn a_code_is_good_for_one_step_on_either_side() {
        let seed = b"12345678901234567890";
        let now = 1_111_111_109_000;
        for (moved, is_good) in [(-60, false), (-30, true), (30, true), (61, false)] {
            assert_eq!(step_of(seed, "081804", now + moved * 1000).unwrap().is_some(), is_good, "{moved}");
        }
        for code in ["", "08180", "0818044", "08180x", "٠٨١٨٠٤"] {
            assert_eq!(step_of(seed, code, now).unwrap(), None, "{code}");
        }
    }

    #[test]
    fn a_seed_is_shown_as_every_app_reads_it() {
        let shown = show(b"12345678901234567890", "anna:x@a.test").unwrap();
        assert_eq!(shown.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(shown.uri.starts_with("otpauth://totp/Gatepost"), "{}", shown.uri);
        assert!(shown.qr_png.starts_with("iVBOR"), "a PNG in base 64");
    }

    #[test]
    fn recovery_codes_differ_and_are_known_however_they_are_typed() {
        let codes = new_recovery_codes().unwrap();
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!((different.len(), codes[0].len()), (10, 19));
        assert_eq!(recovery_hash(&codes[0]), recovery_hash(&codes[0].replace('-', " ")));
    }
}
