//! A signature in one header, described by the configuration: which header, what is hashed how, how it is written.

use super::{
    Encoding, SECRET_MIN, SignatureFault,
    hmac_sha256::{Tag, any_equal, decode, tag},
    live, only,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// How the bytes of a signature come to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// HMAC-SHA256 over the raw body, keyed with the secret's own bytes.
    HmacSha256,
    /// SHA-256 over the raw body, `/` and the secret, as 17TRACK does.
    Sha256WithSecret,
}

/// The table that describes a signature.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderSignature {
    /// The header's name, in any case.
    pub header: String,
    pub algorithm: Algorithm,
    pub encoding: Encoding,
    /// Stands before the encoded signature, e.g. `sha256=`.
    #[serde(default)]
    pub prefix: String,
}

impl HeaderSignature {
    /// Whether the body was signed with one of `secrets`.
    ///
    /// # Errors
    /// What is wrong with the signature or the secrets.
    pub fn verify(&self, secrets: &[Vec<u8>], headers: &[(String, String)], body: &[u8]) -> Result<(), SignatureFault> {
        live(secrets)?;
        let text = only(headers, &self.header)?.ok_or(SignatureFault::Missing)?;
        let written = text.strip_prefix(&self.prefix).ok_or(SignatureFault::Malformed)?;
        let candidate = decode(self.encoding, written.as_bytes()).ok_or(SignatureFault::Malformed)?;
        let ours: Vec<Tag> = secrets.iter().map(|secret| self.tag(secret, body)).collect();
        any_equal(&[candidate], &ours)
    }

    /// The header's value for a body, as such a sender writes it.
    pub fn sign(&self, secret: &[u8], body: &[u8]) -> String {
        let tag = self.tag(secret, body);
        let written = match self.encoding {
            Encoding::Base64 => base64::Engine::encode(&base64::engine::general_purpose::STANDARD, tag),
            Encoding::Hex => hex::encode(tag),
        };
        format!("{}{written}", self.prefix)
    }

    /// A header's name is a token of RFC 9110.
    pub(crate) fn is_header(&self) -> bool {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        !self.header.is_empty() && self.header.bytes().all(token)
    }

    fn tag(&self, secret: &[u8], body: &[u8]) -> Tag {
        match self.algorithm {
            Algorithm::HmacSha256 => tag(secret, &[body]),
            Algorithm::Sha256WithSecret => {
                let mut hash = Sha256::new();
                for part in [body, b"/", secret] {
                    hash.update(part);
                }
                hash.finalize().into()
            }
        }
    }
}

/// Whether the secrets can be used.
///
/// # Errors
/// None at all, too many, or too short.
pub fn check_secrets(secrets: &[Vec<u8>]) -> Result<(), SignatureFault> {
    live(secrets)?;
    if secrets.iter().any(|secret| secret.len() < SECRET_MIN) {
        return Err(SignatureFault::SecretTooShort);
    }
    Ok(())
}
