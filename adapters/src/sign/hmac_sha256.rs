//! HMAC-SHA256 over the raw body in one header.

use super::{CANDIDATES_MAX, Encoding, SignatureFault, only};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// Bytes of an HMAC-SHA256.
pub(super) type Tag = [u8; 32];

pub(super) fn verify(
    names: &[&str],
    encoding: Encoding,
    prefix: &str,
    secrets: &[Vec<u8>],
    headers: &[(String, String)],
    body: &[u8],
) -> Result<(), SignatureFault> {
    // A platform may send the same signature under its old and its new header name; each name stands once.
    let mut candidates = Vec::with_capacity(names.len());
    for name in names.iter().take(CANDIDATES_MAX) {
        candidates.extend(only(headers, name)?);
    }
    if candidates.is_empty() {
        return Err(SignatureFault::Missing);
    }
    let tags: Vec<Tag> =
        candidates.iter().filter_map(|text| decode(encoding, text.strip_prefix(prefix)?.as_bytes())).collect();
    let ours: Vec<Tag> = secrets.iter().map(|secret| tag(secret, &[body])).collect();
    any_equal(&tags, &ours)
}

pub(super) fn sign(encoding: Encoding, prefix: &str, secret: &[u8], body: &[u8]) -> String {
    let tag = tag(secret, &[body]);
    match encoding {
        Encoding::Base64 => format!("{prefix}{}", STANDARD.encode(tag)),
        Encoding::Hex => format!("{prefix}{}", hex::encode(tag)),
    }
}

/// The signature of `parts`, one after another.
pub(super) fn tag(key: &[u8], parts: &[&[u8]]) -> Tag {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The bytes of a written signature; `None` unless it is exactly one in the documented form.
pub(super) fn decode(encoding: Encoding, text: &[u8]) -> Option<Tag> {
    match encoding {
        Encoding::Base64 => STANDARD.decode(text).ok()?.try_into().ok(),
        Encoding::Hex if text.iter().any(u8::is_ascii_uppercase) => None,
        Encoding::Hex => hex::decode(text).ok()?.try_into().ok(),
    }
}

/// Whether any candidate is one of ours. All pairs are compared, so that time tells nothing about which came close.
pub(super) fn any_equal<const N: usize>(candidates: &[[u8; N]], ours: &[[u8; N]]) -> Result<(), SignatureFault> {
    if candidates.is_empty() {
        return Err(SignatureFault::Malformed);
    }
    let mut found = Choice::from(0);
    for candidate in candidates {
        for our in ours {
            found |= candidate.ct_eq(our);
        }
    }
    if bool::from(found) { Ok(()) } else { Err(SignatureFault::Mismatch) }
}
