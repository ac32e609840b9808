//! HMAC over the raw body as a channel's configuration describes it: for partners that sign in a way of their own.

use super::{Encoding, SECRET_MIN, SignatureFault, live, only};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};

/// How one partner signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The header that carries it, once; lower case.
    pub header: String,
    pub algorithm: Algorithm,
    pub encoding: Encoding,
    /// Stands before the encoded signature, e.g. `sha256=`.
    pub prefix: String,
}

/// The hash under the HMAC. MD5 and SHA-1 are broken as hashes, not yet as HMACs; whoever can choose takes SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// As configuration writes them.
pub const ALGORITHMS: [(&str, Algorithm); 4] =
    [("md5", Algorithm::Md5), ("sha1", Algorithm::Sha1), ("sha256", Algorithm::Sha256), ("sha512", Algorithm::Sha512)];

/// As configuration writes them.
pub const ENCODINGS: [(&str, Encoding); 2] = [("base64", Encoding::Base64), ("hex", Encoding::Hex)];

impl Signature {
    /// Whether the body was signed with one of `secrets`; each is compared, in constant time.
    ///
    /// # Errors
    /// What is wrong with the signature or the secrets.
    pub fn verify(&self, secrets: &[Vec<u8>], headers: &[(String, String)], body: &[u8]) -> Result<(), SignatureFault> {
        live(secrets)?;
        let written = only(headers, &self.header)?.ok_or(SignatureFault::Missing)?;
        let encoded = written.strip_prefix(&self.prefix).ok_or(SignatureFault::Malformed)?;
        let candidate = self.decoded(encoded).ok_or(SignatureFault::Malformed)?;
        let mut found = Choice::from(0);
        for secret in secrets {
            // Of another length it is not equal, which tells nothing.
            found |= self.algorithm.tag(secret, body).ct_eq(&candidate);
        }
        if bool::from(found) { Ok(()) } else { Err(SignatureFault::Mismatch) }
    }

    /// The header with this body's signature, as the partner would send it.
    pub fn sign(&self, secret: &[u8], body: &[u8]) -> (String, String) {
        let tag = self.algorithm.tag(secret, body);
        let encoded = match self.encoding {
            Encoding::Base64 => STANDARD.encode(tag),
            Encoding::Hex => hex::encode(tag),
        };
        (self.header.clone(), format!("{}{encoded}", self.prefix))
    }

    /// # Errors
    /// No secret, too many, or one that is too short.
    pub fn check_secrets(&self, secrets: &[Vec<u8>]) -> Result<(), SignatureFault> {
        live(secrets)?;
        let short = secrets.iter().any(|secret| secret.len() < SECRET_MIN);
        if short { Err(SignatureFault::SecretTooShort) } else { Ok(()) }
    }

    fn decoded(&self, text: &str) -> Option<Vec<u8>> {
        match self.encoding {
            Encoding::Base64 => STANDARD.decode(text).ok(),
            Encoding::Hex if text.bytes().any(|b| b.is_ascii_uppercase()) => None,
            Encoding::Hex => hex::decode(text).ok(),
        }
    }
}

impl Algorithm {
    fn tag(self, key: &[u8], body: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => tag(Hmac::<Md5>::new_from_slice(key), body),
            Self::Sha1 => tag(Hmac::<Sha1>::new_from_slice(key), body),
            Self::Sha256 => tag(Hmac::<Sha256>::new_from_slice(key), body),
            Self::Sha512 => tag(Hmac::<Sha512>::new_from_slice(key), body),
        }
    }
}

fn tag<M: Mac, E: std::fmt::Debug>(mac: Result<M, E>, body: &[u8]) -> Vec<u8> {
    let mut mac = mac.expect("HMAC takes a key of any length");
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}
