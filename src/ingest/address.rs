//! Where a database is: its URL with everything that libpq knows of TLS, and how to get there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use postgres::config::{Config, Host, SslMode};
use postgres::{Client, NoTls};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How much of TLS is asked for, as libpq names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TlsMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// A database.
#[derive(Clone)]
pub struct Address {
    config: Config,
    mode: TlsMode,
    tls: Option<MakeRustlsConnect>,
    /// For messages: without a password.
    shown: String,
}

/// Parameters of the URL that are about TLS.
#[derive(Default)]
struct TlsFiles {
    mode: Option<String>,
    root: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Address {
    /// The database of a URL; why it cannot be one.
    pub fn parse(url: &str) -> Result<Self, String> {
        let shown = shown(url);
        let wrong = |why: String| format!("--to {shown}: {why}");
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(wrong("is no URL such as postgres://user@host:5432/database".into()));
        }
        let (rest, files) = split(url).map_err(&wrong)?;
        let mut config: Config = rest.parse().map_err(|error: postgres::Error| {
            let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            wrong(format!("{cause}; a URL is postgres://user:password@host:port/database?sslmode=..."))
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        if config.get_password().is_none()
            && let Ok(password) = std::env::var("PGPASSWORD")
        {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(std::time::Duration::from_secs(10));
        }
        config.application_name("skirmish ingest");
        let mode = match files.mode.as_deref() {
            Some("disable") => TlsMode::Disable,
            Some("allow") => TlsMode::Allow,
            None | Some("prefer") => TlsMode::Prefer,
            Some("require") => TlsMode::Require,
            Some("verify-ca") => TlsMode::VerifyCa,
            Some("verify-full") => TlsMode::VerifyFull,
            Some(other) => {
                return Err(wrong(format!(
                    "sslmode={other}: there are disable, allow, prefer, require, verify-ca, verify-full"
                )));
            }
        };
        // Like libpq: who comes by a socket of this machine needs no TLS, and gets none.
        let is_local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        let mode = if is_local && config.get_hostaddrs().is_empty() { TlsMode::Disable } else { mode };
        let tls = match mode {
            TlsMode::Disable => None,
            _ => Some(MakeRustlsConnect::new(tls_config(mode, &files).map_err(&wrong)?)),
        };
        Ok(Self { config, mode, tls, shown })
    }

    /// For messages: without a password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Opens a connection.
    pub fn connect(&self) -> Result<Client, postgres::Error> {
        let Some(tls) = &self.tls else { return self.config.connect(NoTls) };
        let with = |mode: SslMode| self.config.clone().ssl_mode(mode).connect(tls.clone());
        match self.mode {
            TlsMode::Disable => self.config.connect(NoTls),
            // Without first, with if the server will not have it.
            TlsMode::Allow => self.config.connect(NoTls).or_else(|error| with(SslMode::Require).map_err(|_| error)),
            // The other way round; a server that lets nobody in with TLS may do so without.
            TlsMode::Prefer => with(SslMode::Prefer).or_else(|error| self.config.connect(NoTls).map_err(|_| error)),
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => with(SslMode::Require),
        }
    }
}

/// A URL that may be shown: without its password.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((login, host)) => format!("{}@{host}", login.split(':').next().unwrap_or(login)),
        None => authority.to_owned(),
    };
    let hidden = path.split('&').map(|part| match part.find("password=") {
        Some(at) => format!("{}password=...", &part[..at]),
        None => part.to_owned(),
    });
    format!("{scheme}://{authority}{}", hidden.collect::<Vec<_>>().join("&"))
}

/// Takes what is about TLS out of a URL.
fn split(url: &str) -> Result<(String, TlsFiles), String> {
    let mut files = TlsFiles::default();
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), files)) };
    let mut rest = Vec::new();
    for part in query.split('&') {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let path = || Some(PathBuf::from(decoded(value)));
        match key {
            "sslmode" => files.mode = Some(value.to_owned()),
            "sslrootcert" => files.root = path(),
            "sslcert" => files.certificate = path(),
            "sslkey" => files.key = path(),
            _ => rest.push(part),
        }
    }
    if files.certificate.is_some() != files.key.is_some() {
        return Err("sslcert and sslkey belong together".into());
    }
    Ok((format!("{base}?{}", rest.join("&")), files))
}

/// Percent-encoding undone.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn tls_config(mode: TlsMode, files: &TlsFiles) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let usual = home.map(|home| home.join(".postgresql/root.crt")).filter(|path| path.exists());
    let root = files.root.clone().or(usual);
    let verifies = matches!(mode, TlsMode::VerifyCa | TlsMode::VerifyFull);
    if verifies && root.is_none() {
        return Err("sslmode=verify-... needs sslrootcert=FILE, the certificate of who signed the server's".into());
    }
    // As libpq has it: with a root certificate, require means verify-ca.
    let with_root = verifies || mode == TlsMode::Require && root.is_some();
    let verifier = match root.filter(|_| with_root) {
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(&path)? {
                roots.add(certificate).map_err(|error| format!("sslrootcert {}: {error}", path.display()))?;
            }
            let roots = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
            Some(roots.map_err(|error| format!("sslrootcert {}: {error}", path.display()))?)
        }
        None => None,
    };
    let checks_name = mode == TlsMode::VerifyFull;
    let verifier = Arc::new(Verifier { roots: verifier, checks_name, provider });
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    match (&files.certificate, &files.key) {
        (Some(certificate), Some(key)) => {
            let private = PrivateKeyDer::from_pem_file(key);
            let private = private.map_err(|error| format!("sslkey {}: {error}", key.display()))?;
            let builder = builder.with_client_auth_cert(certificates(certificate)?, private);
            builder.map_err(|error| format!("sslcert {}: {error}", certificate.display()))
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("certificate {}: {error}", path.display());
    let found = CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|error| failed(&error))?;
    if found.is_empty() { Err(failed(&"there is none in the file")) } else { Ok(found) }
}

/// Checks a server's certificate as far as the mode says.
#[derive(Debug)]
struct Verifier {
    /// Who may have signed it; anybody if there is none.
    roots: Option<Arc<WebPkiServerVerifier>>,
    checks_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        match roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The chain was checked before the name.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.checks_name => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(shown("postgres://me:se@cret@host:1/db?sslmode=disable"), "postgres://me@host:1/db?sslmode=disable");
        assert_eq!(shown("postgres://me@host/db?password=secret&x=y"), "postgres://me@host/db?password=...&x=y");
        assert_eq!(shown("postgres:///db?host=/tmp/a@b:c"), "postgres:///db?host=/tmp/a@b:c");
    }

    #[test]
    fn what_is_no_url_says_why() {
        let why = |url: &str| Address::parse(url).err().unwrap_or_default();
        assert!(why("mysql://host/db").contains("is no URL such as"));
        assert!(why("postgres://host/db?sslmode=maybe").contains("there are disable, allow, prefer"));
        assert!(why("postgres://host:port/db").contains("a URL is postgres://"), "{}", why("postgres://host:port/db"));
        assert!(why("postgres://host/db?sslcert=a").contains("belong together"));
        assert!(why("postgres://host/db?sslmode=verify-ca&sslrootcert=/no/such").contains("/no/such"));
        for mode in ["disable", "allow", "prefer", "require"] {
            assert_eq!(why(&format!("postgres:///db?host=/tmp&sslmode={mode}")), "");
        }
    }

    #[test]
    fn percent_encoding_is_undone() {
        assert_eq!(decoded("%2Ftmp/a%20b%"), "/tmp/a b%");
    }
}
