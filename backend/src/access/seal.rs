//! Secrets that must be read again, sealed for the database (AES-256-GCM) by a key that is not in it: whoever has the
//! database alone has nothing (P22).

use crate::error::{ApiError, ApiResult};
use rand::{TryRngCore, rngs::OsRng};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Seals and opens secrets.
#[derive(Clone)]
pub struct Seal {
    key: Arc<LessSafeKey>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// Seals by this secret, of at least 32 random bytes.
    pub fn new(secret: &[u8]) -> ApiResult<Self> {
        let key = UnboundKey::new(&AES_256_GCM, &Sha256::digest(secret)).map_err(ApiError::internal)?;
        Ok(Self { key: Arc::new(LessSafeKey::new(key)) })
    }

    /// The secret sealed, in hexadecimal digits. It opens only for the same purpose, such as `totp usr_1`: a row
    /// cannot be put in another's place.
    pub fn close(&self, purpose: &str, secret: &[u8]) -> ApiResult<String> {
        let mut nonce = [0_u8; NONCE_LEN];
        OsRng.try_fill_bytes(&mut nonce).map_err(ApiError::internal)?;
        let mut sealed = secret.to_vec();
        let (unique, aad) = (Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()));
        self.key.seal_in_place_append_tag(unique, aad, &mut sealed).map_err(ApiError::internal)?;
        Ok(nonce.iter().chain(&sealed).map(|byte| format!("{byte:02x}")).collect())
    }

    /// The secret again. An error if it was sealed by another key or for another purpose.
    pub fn open(&self, purpose: &str, sealed: &str) -> ApiResult<Vec<u8>> {
        let broken =
            || ApiError::internal("a sealed secret cannot be opened: is the key file the right one?");
        let pairs = sealed.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = pairs
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        let mut bytes = bytes.filter(|bytes| bytes.len() > NONCE_LEN).ok_or_else(broken)?;
        let mut secret = bytes.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&bytes).map_err(|_| broken())?;
        let opened = self.key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut secret);
        opened.map(|plain| plain.to_vec()).map_err(|_| broken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P22.
    #[test]
    fn a_secret_opens_with_its_key_and_for_its_purpose_alone() {
        let seal = Seal::new(b"0123456789abcdef0123456789abcdef").unwrap();
        let sealed = seal.close("totp usr_1", b"secret").unwrap();
        assert_ne!(sealed, seal.close("totp usr_1", b"secret").unwrap(), "each time another nonce");
        assert_eq!(seal.open("totp usr_1", &sealed).unwrap(), b"secret");
        assert!(seal.open("totp usr_2", &sealed).is_err());
        assert!(Seal::new(b"another secret, as long as that.").unwrap().open("totp usr_1", &sealed).is_err());
        for broken in ["", "zz", "00", &sealed[..40], &sealed.replace(&sealed[30..32], "00")[..]] {
            assert!(broken == sealed || seal.open("totp usr_1", broken).is_err(), "{broken}");
        }
    }
}
