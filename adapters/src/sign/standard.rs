//! Standard Webhooks 1.0.0 (specification of the standard-webhooks project), symmetric signatures `v1`.

use super::{
    CANDIDATES_MAX, Encoding, SignatureFault, TOLERANCE_S,
    hmac_sha256::{Tag, any_equal, decode, tag},
    only,
};
use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use model::time::{Instant, SECOND};

pub(super) const ID: &str = "webhook-id";
pub(super) const TIMESTAMP: &str = "webhook-timestamp";
pub(super) const SIGNATURE: &str = "webhook-signature";

/// Key bytes the specification asks for at least.
pub(super) const KEY_MIN: usize = 24;
/// Characters of a message id.
const ID_MAX: usize = 256;
/// Digits of a timestamp in seconds: enough for the next 30,000 years, too few for milliseconds.
const TIMESTAMP_DIGITS: usize = 12;

/// Some libraries write secrets without padding.
const SECRET_BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn verify(
    secrets: &[Vec<u8>],
    headers: &[(String, String)],
    body: &[u8],
    now: Instant,
) -> Result<(), SignatureFault> {
    let id = only(headers, ID)?.ok_or(SignatureFault::DeliveryIdMissing)?;
    let timestamp = only(headers, TIMESTAMP)?.ok_or(SignatureFault::TimestampMissing)?;
    let signatures = only(headers, SIGNATURE)?.ok_or(SignatureFault::Missing)?;
    check_id(id)?;
    let seconds = seconds(timestamp)?;
    if now.since(Instant(seconds * SECOND)).saturating_abs() > TOLERANCE_S * SECOND {
        return Err(SignatureFault::TimestampOutsideWindow);
    }
    let candidates = candidates(signatures)?;
    let mut ours: Vec<Tag> = Vec::with_capacity(secrets.len());
    for secret in secrets {
        ours.push(tag(&key(secret)?, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]));
    }
    any_equal(&candidates, &ours)
}

pub(super) fn sign(
    secrets: &[Vec<u8>],
    id: &str,
    at: Instant,
    body: &[u8],
) -> Result<Vec<(String, String)>, SignatureFault> {
    check_id(id)?;
    let timestamp = at.0.div_euclid(SECOND).to_string();
    seconds(&timestamp)?;
    let mut signatures = Vec::with_capacity(secrets.len());
    for secret in secrets {
        let tag = tag(&key(secret)?, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
        signatures.push(format!("v1,{}", STANDARD.encode(tag)));
    }
    Ok(vec![
        (ID.to_owned(), id.to_owned()),
        (TIMESTAMP.to_owned(), timestamp),
        (SIGNATURE.to_owned(), signatures.join(" ")),
    ])
}

/// The key bytes of a secret written `whsec_<base64>`; the prefix may be missing.
pub(super) fn key(secret: &[u8]) -> Result<Vec<u8>, SignatureFault> {
    let text = secret.strip_prefix(b"whsec_").unwrap_or(secret);
    match SECRET_BASE64.decode(text) {
        Ok(key) if key.is_empty() => Err(SignatureFault::SecretMissing),
        Ok(key) => Ok(key),
        Err(_) => Err(SignatureFault::SecretMalformed),
    }
}

/// A dot in the id would let the boundary between id and timestamp move.
fn check_id(id: &str) -> Result<(), SignatureFault> {
    let plain = id.bytes().all(|b| b.is_ascii_graphic() && b != b'.');
    if id.is_empty() || id.len() > ID_MAX || !plain { Err(SignatureFault::DeliveryIdMalformed) } else { Ok(()) }
}

/// Whole seconds, written one way only: no sign, no leading zero, no fraction.
fn seconds(text: &str) -> Result<i64, SignatureFault> {
    let digits = !text.is_empty() && text.len() <= TIMESTAMP_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return Err(SignatureFault::TimestampMalformed);
    }
    text.parse().map_err(|_| SignatureFault::TimestampMalformed)
}

/// The `v1` signatures of the list. Other versions are for other receivers and no fault, as long as one `v1` is there.
fn candidates(list: &str) -> Result<Vec<Tag>, SignatureFault> {
    let mut tags = Vec::new();
    for (position, entry) in list.split(' ').enumerate() {
        if position == CANDIDATES_MAX {
            return Err(SignatureFault::TooMany);
        }
        if let Some(("v1", text)) = entry.split_once(',') {
            tags.extend(decode(Encoding::Base64, text.as_bytes()));
        }
    }
    Ok(tags)
}
