//! Passwords: argon2id (RFC 9106) with 19 MiB and two passes, a bounded number at a time, so that a flood of
//! sign-ins takes neither the memory nor every processor; and the rules of C10. A password is never logged.

use crate::error::{ApiError, ApiResult};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use contract::permission::Role;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Hashes at the same time: 2 × 19 MiB.
const AT_ONCE: usize = 2;
/// Sign-ins that wait for their turn; more are told to come back.
const WAITING: usize = 64;
/// Longer texts are no passwords: they would only cost time.
const LONGEST: usize = 1024;

/// The work of hashing.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// The hash that an unknown user's password is held against, so that it takes as long.
    nobody: Arc<str>,
}

impl Passwords {
    /// Sets it up; hashes once.
    pub fn new() -> ApiResult<Self> {
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            nobody: hash("nobody signs in with this")?.into(),
        })
    }

    /// Whether the password is that of the hash. Without a hash (there is no such user) it takes as long and is
    /// false.
    pub async fn verify(&self, password: String, stored: Option<String>) -> ApiResult<bool> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let is_right = self.work(move || Ok(verify(&password, &stored))).await?;
        Ok(is_right && is_known)
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: String) -> ApiResult<String> {
        self.work(move || hash(&password)).await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let busy = || ApiError::unavailable("too many sign-ins at the same time");
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let _turn = self.turns.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?
    }
}

fn argon2() -> ApiResult<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(ApiError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password, in the PHC string format, with its own salt.
pub fn hash(password: &str) -> ApiResult<String> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(ApiError::internal)?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> bool {
    let Ok(stored) = PasswordHash::new(stored) else { return false };
    let Ok(argon2) = argon2() else { return false };
    password.len() <= LONGEST && argon2.verify_password(password.as_bytes(), &stored).is_ok()
}

/// Whether a new password meets the rules of the role (C10, USR-03): "strong" for administrators and resellers
/// (12–128 characters, not a common one, not the user name), for others at least "classic" (6 characters, a
/// lower-case letter, an upper-case letter or a digit, no spaces; up to 128, since longer is safer).
pub fn is_acceptable(role: Role, username: &str, password: &str) -> bool {
    let length = password.chars().count();
    let folded = password.to_lowercase();
    let name = username.split('@').next().unwrap_or_default().to_lowercase();
    if length > 128 || password.chars().any(char::is_control) {
        return false;
    }
    match role {
        Role::Administrator | Role::Reseller => {
            let distinct: std::collections::BTreeSet<_> = folded.chars().collect();
            let names_the_user = name.len() >= 4 && folded.contains(&name);
            length >= 12 && distinct.len() >= 5 && !names_the_user && !is_common(&folded)
        }
        Role::Domain | Role::Email | Role::Guest => {
            length >= 6
                && password.chars().any(char::is_lowercase)
                && password.chars().any(|one| one.is_uppercase() || one.is_ascii_digit())
                && !password.chars().any(char::is_whitespace)
        }
    }
}

/// The words that common long passwords are made of; what is left beside them must be long enough by itself.
const COMMON: [&str; 24] = [
    "password",
    "passwort",
    "passw0rd",
    "qwertyuiop",
    "qwertzuiop",
    "qwerty",
    "qwertz",
    "asdfgh",
    "1q2w3e4r",
    "1qaz2wsx",
    "letmein",
    "welcome",
    "willkommen",
    "iloveyou",
    "administrator",
    "admin",
    "changeme",
    "abc123",
    "abcdef",
    "123456789",
    "12345",
    "gatepost",
    "football",
    "geheim",
];

fn is_common(folded: &str) -> bool {
    let rest = COMMON.iter().fold(folded.to_owned(), |rest, word| rest.replace(word, ""));
    rest.chars().filter(char::is_ascii_alphabetic).count() < 6 && rest.len() < folded.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// USR-03, C10.
    #[test]
    fn the_classic_rule_takes_what_the_manual_takes() {
        for password in ["abcdeF", "abcde1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"] {
            assert!(is_acceptable(Role::Email, "anna@a.test", password), "{password}");
        }
        for password in ["abcdef", "ABC123", "abc D1", "abcD1", "", "abcD1\u{7}x"] {
            assert!(!is_acceptable(Role::Email, "anna@a.test", password), "{password}");
        }
    }

    /// C10.
    #[test]
    fn administrators_and_resellers_need_a_strong_one() {
        for password in ["correct horse battery", "Tr4in-over-the-river", "xK9#mQ2$vL7!"] {
            assert!(is_acceptable(Role::Administrator, "root", password), "{password}");
        }
        for password in [
            "short1A",
            "password12345",
            "aaaaaaaaaaaaaa",
            "qwertyuiop123456",
            "robert-is-my-name",
            "Passwort2026!!",
        ] {
            assert!(!is_acceptable(Role::Reseller, "robert", password), "{password}");
        }
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_nobody_never_gets_in() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("abcdeF".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify("abcdeF".into(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.verify("abcdeG".into(), Some(stored)).await.unwrap());
        assert!(!passwords.verify("nobody signs in with this".into(), None).await.unwrap());
    }
}
