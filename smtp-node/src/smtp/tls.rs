//! The certificate for STARTTLS: the configured one, or one the node makes for itself on its first start and keeps
//! in its data folder. TLS 1.2 and 1.3 only.

use anyhow::{Context, Result, anyhow};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

use crate::{config::Config, whole_file};

/// What encrypts connections.
///
/// # Errors
/// If certificate or key cannot be read, made or used.
pub fn acceptor(config: &Config) -> Result<TlsAcceptor> {
    let (certificate, key) = match &config.tls {
        Some(files) => (files.certificate.clone(), files.key.clone()),
        None => own(config)?,
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| anyhow!("The certificate '{}' cannot be read: {error}.", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(&key)
        .map_err(|error| anyhow!("The key '{}' cannot be read: {error}.", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("Certificate and key cannot be used")?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The node's own certificate, made if it is not there.
fn own(config: &Config) -> Result<(std::path::PathBuf, std::path::PathBuf)> {
    let (certificate, key) = (config.data.join("certificate.pem"), config.data.join("certificate.key"));
    if !certificate.exists() || !key.exists() {
        let made = rcgen::generate_simple_self_signed(vec![config.hostname.clone()])
            .context("A certificate for this host name cannot be made")?;
        whole_file::replace(&key, &made.signing_key.serialize_pem())?;
        whole_file::replace(&certificate, &made.cert.pem())?;
    }
    Ok((certificate, key))
}
