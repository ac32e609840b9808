//! The one address of randomness: secrets, and the random part of document ids.

use model::{ids::DocumentId, time::Instant};

/// `N` random bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: no secret may then be made.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    #[expect(clippy::disallowed_methods, reason = "the one address of randomness")]
    getrandom::fill(&mut out).expect("the operating system gives randomness");
    out
}

/// A new document's id: a UUIDv7, so that ids rise with time and the newest rows stay together on disk.
pub fn document_id(now: Instant) -> DocumentId {
    let millis = u64::try_from(now.0 / 1000).unwrap_or(0);
    DocumentId::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &bytes()).into_uuid())
}

/// A number in `0..bound` for jitter; 0 when `bound` is 0.
pub fn below(bound: u64) -> u64 {
    if bound == 0 { 0 } else { u64::from_be_bytes(bytes()) % bound }
}
