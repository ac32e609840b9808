//! Signature schemes: pure functions over raw bytes. The scheme belongs to the channel or carrier and is never chosen by
//! the request; the bytes judged are those that arrived, before anything parsed them.

pub mod configured;
pub mod form;
pub mod header;

mod hmac_sha256;
mod md5_form;
mod standard;

use model::time::Instant;
use std::borrow::Cow;

/// Live secrets of one endpoint: the newest and, while it is rotated, the one before.
pub const SECRETS_MAX: usize = 2;
/// Candidate signatures looked at in one request.
pub const CANDIDATES_MAX: usize = 10;
/// How far a signed timestamp may be from now, seconds, both ways, bounds included (the Standard Webhooks libraries' own).
pub const TOLERANCE_S: i64 = 300;
/// Shortest secret taken by [`check_secrets`], bytes; the schemes with a fixed format ask for more.
pub const SECRET_MIN: usize = 8;

/// How a sender signs. Data: a channel or carrier file names its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// HMAC-SHA256 over the raw body, keyed with the secret's own bytes.
    HmacSha256 {
        /// Header names that may carry it, each at most once; lower case.
        headers: &'static [&'static str],
        encoding: Encoding,
        /// Stands before the encoded signature, e.g. `hmac-sha256-hex=`.
        prefix: &'static str,
    },
    /// Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, keyed with the bytes in `whsec_<base64>`.
    StandardWebhooks,
    /// Upper-case hex MD5 over one decoded form field followed by the secret. Weak: the endpoint needs a secret path too.
    Md5Form {
        /// The form field that is signed.
        field: &'static str,
        /// The form field that holds the signature.
        signature: &'static str,
    },
}

impl Scheme {
    /// The scheme alone does not prove the sender (MD5): the endpoint's address must hold a secret as well.
    pub const fn weak(self) -> bool {
        match self {
            Self::HmacSha256 { .. } | Self::StandardWebhooks => false,
            Self::Md5Form { .. } => true,
        }
    }
}

/// How signature bytes are written. Only the documented form is taken: no base64url, no missing padding, no other case.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Base64,
    /// Lower case.
    Hex,
}

/// Why a signature was not accepted. The code goes into logs and to the operator, never to the sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureFault {
    Missing,
    /// A header or form field that must stand once stands twice.
    Twice,
    Malformed,
    /// More than [`CANDIDATES_MAX`].
    TooMany,
    Mismatch,
    DeliveryIdMissing,
    DeliveryIdMalformed,
    TimestampMissing,
    TimestampMalformed,
    TimestampOutsideWindow,
    /// No live secret, or an empty one.
    SecretMissing,
    SecretMalformed,
    SecretTooShort,
    /// More than [`SECRETS_MAX`].
    SecretsTooMany,
}

impl SignatureFault {
    pub const ALL: [Self; 14] = [
        Self::Missing,
        Self::Twice,
        Self::Malformed,
        Self::TooMany,
        Self::Mismatch,
        Self::DeliveryIdMissing,
        Self::DeliveryIdMalformed,
        Self::TimestampMissing,
        Self::TimestampMalformed,
        Self::TimestampOutsideWindow,
        Self::SecretMissing,
        Self::SecretMalformed,
        Self::SecretTooShort,
        Self::SecretsTooMany,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "signature_missing",
            Self::Twice => "signature_twice",
            Self::Malformed => "signature_malformed",
            Self::TooMany => "signatures_too_many",
            Self::Mismatch => "signature_mismatch",
            Self::DeliveryIdMissing => "delivery_id_missing",
            Self::DeliveryIdMalformed => "delivery_id_malformed",
            Self::TimestampMissing => "timestamp_missing",
            Self::TimestampMalformed => "timestamp_malformed",
            Self::TimestampOutsideWindow => "timestamp_outside_window",
            Self::SecretMissing => "secret_missing",
            Self::SecretMalformed => "secret_malformed",
            Self::SecretTooShort => "secret_too_short",
            Self::SecretsTooMany => "secrets_too_many",
        }
    }
}

/// Whether the request was signed with one of `secrets`. Every candidate is compared with every secret, in constant time.
///
/// # Errors
/// What is wrong with the signature, or with the secrets (which [`check_secrets`] finds at start already).
pub fn verify(
    scheme: Scheme,
    secrets: &[Vec<u8>],
    headers: &[(String, String)],
    body: &[u8],
    now: Instant,
) -> Result<(), SignatureFault> {
    live(secrets)?;
    match scheme {
        Scheme::HmacSha256 { headers: names, encoding, prefix } => {
            hmac_sha256::verify(names, encoding, prefix, secrets, headers, body)
        }
        Scheme::StandardWebhooks => standard::verify(secrets, headers, body, now),
        Scheme::Md5Form { field, signature } => md5_form::verify(field, signature, secrets, body),
    }
}

/// A request as a sender of this scheme would send it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed<'a> {
    /// To be added to the request's own.
    pub headers: Vec<(String, String)>,
    /// The body as sent; a form around `body` for [`Scheme::Md5Form`].
    pub body: Cow<'a, [u8]>,
}

/// Signs with the first secret, and with every live one where the scheme can carry several. `id` and `at` are of the
/// message and of the attempt; schemes without them ignore them.
///
/// # Errors
/// Secrets that cannot be used, or an id that the scheme cannot carry.
pub fn sign<'a>(
    scheme: Scheme,
    secrets: &[Vec<u8>],
    id: &str,
    at: Instant,
    body: &'a [u8],
) -> Result<Signed<'a>, SignatureFault> {
    live(secrets)?;
    match scheme {
        Scheme::HmacSha256 { headers, encoding, prefix } => {
            let value = hmac_sha256::sign(encoding, prefix, &secrets[0], body);
            let name = headers.first().copied().unwrap_or_default().to_owned();
            Ok(Signed { headers: vec![(name, value)], body: Cow::Borrowed(body) })
        }
        Scheme::StandardWebhooks => {
            Ok(Signed { headers: standard::sign(secrets, id, at, body)?, body: Cow::Borrowed(body) })
        }
        Scheme::Md5Form { field, signature } => {
            Ok(Signed { headers: Vec::new(), body: Cow::Owned(md5_form::sign(field, signature, &secrets[0], body)) })
        }
    }
}

/// Whether the secrets can be used with the scheme; asked when the configuration is read.
///
/// # Errors
/// None at all, too many, too short, or not in the form the scheme wants.
pub fn check_secrets(scheme: Scheme, secrets: &[Vec<u8>]) -> Result<(), SignatureFault> {
    live(secrets)?;
    for secret in secrets {
        match scheme {
            Scheme::StandardWebhooks if standard::key(secret)?.len() < standard::KEY_MIN => {
                return Err(SignatureFault::SecretTooShort);
            }
            Scheme::HmacSha256 { .. } | Scheme::Md5Form { .. } if secret.len() < SECRET_MIN => {
                return Err(SignatureFault::SecretTooShort);
            }
            Scheme::HmacSha256 { .. } | Scheme::StandardWebhooks | Scheme::Md5Form { .. } => {}
        }
    }
    Ok(())
}

fn live(secrets: &[Vec<u8>]) -> Result<(), SignatureFault> {
    match secrets {
        [] => Err(SignatureFault::SecretMissing),
        some if some.iter().any(Vec::is_empty) => Err(SignatureFault::SecretMissing),
        many if many.len() > SECRETS_MAX => Err(SignatureFault::SecretsTooMany),
        _ => Ok(()),
    }
}

/// The one value of a header; `None` when it is absent or empty.
fn only<'a>(headers: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, SignatureFault> {
    let mut values = headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let first = values.next();
    if values.next().is_some() {
        return Err(SignatureFault::Twice);
    }
    Ok(first.filter(|value| !value.is_empty()))
}
