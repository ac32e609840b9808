//! MD5 over one form field and a salt. Weak, and the only thing some senders offer.

use super::{
    SignatureFault,
    form::{self, FormFault},
    hmac_sha256::any_equal,
};
use md5::{Digest, Md5};

pub(super) fn verify(field: &str, signature: &str, secrets: &[Vec<u8>], body: &[u8]) -> Result<(), SignatureFault> {
    let form = form::read(body).map_err(|fault| match fault {
        FormFault::Twice => SignatureFault::Twice,
        FormFault::TooManyFields | FormFault::Escape => SignatureFault::Malformed,
    })?;
    let written = form.get(signature).filter(|text| !text.is_empty()).ok_or(SignatureFault::Missing)?;
    let signed = form.get(field).ok_or(SignatureFault::Malformed)?;
    let candidate = decode(written).ok_or(SignatureFault::Malformed)?;
    let ours: Vec<[u8; 16]> = secrets.iter().map(|secret| digest(signed, secret)).collect();
    any_equal(&[candidate], &ours)
}

pub(super) fn sign(field: &str, signature: &str, secret: &[u8], value: &[u8]) -> Vec<u8> {
    let written = hex::encode_upper(digest(value, secret));
    form::write(&[(field, value), (signature, written.as_bytes())])
}

fn digest(value: &[u8], secret: &[u8]) -> [u8; 16] {
    Md5::new().chain_update(value).chain_update(secret).finalize().into()
}

fn decode(text: &[u8]) -> Option<[u8; 16]> {
    if text.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    hex::decode(text).ok()?.try_into().ok()
}
