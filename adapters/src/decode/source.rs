//! Where a table's bytes are: in memory, or stored somewhere and read piece by piece, as often as wanted.

use super::{DecodeFault, tape::Tape};
use std::{
    fmt,
    io::{self, Read},
};

/// First bytes of a stored document that tell what it is and in which encoding.
pub const HEAD: usize = 1024 * 1024;
/// Bytes taken at a time, so that memory does not grow with the document.
pub(super) const PIECE: usize = 256 * 1024;
/// The end mark of old systems, which some tills still write.
const END_MARK: u8 = 0x1a;

/// A document that is not held in memory.
pub trait Stored: fmt::Debug {
    /// Bytes of the whole.
    fn size(&self) -> u64;

    /// Its first bytes: [`HEAD`] of them, or all when there are fewer.
    fn head(&self) -> &[u8];

    /// The document from its first byte on.
    ///
    /// # Errors
    /// It cannot be read now.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

/// The head of a document, for [`Stored::head`].
///
/// # Errors
/// Those of `read`.
pub fn head(read: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    read.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The bytes of a document.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    Held(&'a [u8]),
    Stored(&'a dyn Stored),
    /// What was read before.
    Taped(&'a Tape),
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Held(bytes)
    }
}

impl<'a> Source<'a> {
    /// Bytes of the whole.
    pub fn size(self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Stored(stored) => stored.size(),
            Self::Taped(_) => 0,
        }
    }

    /// Its first bytes; all of them when it is in memory, none of a tape.
    pub fn head(self) -> &'a [u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Stored(stored) => stored.head(),
            Self::Taped(_) => &[],
        }
    }
}

/// All of a stored document that may have `limit` bytes.
///
/// # Errors
/// `document_too_large`, before anything is read; `document_unreadable`.
pub(crate) fn whole(stored: &dyn Stored, limit: usize) -> Result<Vec<u8>, DecodeFault> {
    let size = stored.size();
    if size > limit as u64 {
        return Err(DecodeFault::fatal("document_too_large").arg("limit", limit).arg("bytes", size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    let read = stored.open().and_then(|from| from.take(limit as u64).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|_| DecodeFault::fatal("document_unreadable"))
}

/// The pieces of a stored text.
pub(super) struct Pieces<'a> {
    from: Box<dyn Read + 'a>,
    piece: Vec<u8>,
    /// End marks behind the piece: of the text's middle only when something follows.
    marks: usize,
    /// End marks at the very end are no text.
    strips: bool,
}

impl<'a> Pieces<'a> {
    /// The pieces behind the first `skip` bytes.
    pub(super) fn open(stored: &'a dyn Stored, skip: usize, strips: bool) -> io::Result<Self> {
        let mut from = stored.open()?;
        io::copy(&mut from.by_ref().take(skip as u64), &mut io::sink())?;
        Ok(Self { from, piece: Vec::with_capacity(PIECE), marks: 0, strips })
    }

    /// The next piece, and whether it is the last; the last one may be empty.
    pub(super) fn next(&mut self) -> io::Result<(&[u8], bool)> {
        self.piece.clear();
        self.piece.resize(self.marks, END_MARK);
        self.marks = 0;
        let room = PIECE.saturating_sub(self.piece.len()).max(1);
        let last = self.from.by_ref().take(room as u64).read_to_end(&mut self.piece)? < room;
        if self.strips {
            let text = self.piece.iter().rposition(|byte| *byte != END_MARK).map_or(0, |at| at + 1);
            // A whole piece of marks is the middle of something else.
            if last || text > 0 {
                self.marks = self.piece.len() - text;
                self.piece.truncate(text);
            }
        }
        Ok((&self.piece, last))
    }
}
