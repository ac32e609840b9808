//! Bytes looked at eight at a time, in safe code: each function marks bytes of a word by their highest bit, and the mark
//! of the first byte in the text is the lowest.

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;
const LOW: u64 = !HIGH;

/// The eight bytes at `at`; `None` near the end.
pub(super) fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()).map(|chunk| u64::from_le_bytes(*chunk))
}

/// Marks exactly the bytes equal to `byte`.
pub(super) fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(byte));
    !(((difference & LOW) + LOW) | difference | LOW)
}

/// Marks exactly the bytes below `limit`, which is at most 0x80.
pub(super) fn below(word: u64, limit: u8) -> u64 {
    let reach = ONES * u64::from(0x80 - limit);
    !(((word & LOW) + reach) | word) & HIGH
}

/// Index in its word of the first byte marked.
pub(super) fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// How many bytes before the first of `end` are marked.
pub(super) fn count_before(marks: u64, end: u64) -> u32 {
    (marks & end.wrapping_sub(1) & !end).count_ones()
}
