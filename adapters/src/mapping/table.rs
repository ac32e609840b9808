//! Table documents: what both passes share. Pass 1 ([`scan`](super::scan)) learns the shape and writes nothing; pass 2
//! ([`rows`](super::rows)) hands orders on as soon as their rows have ended.

use super::{
    apply::{self, Look, View, is_blank},
    block::BlockCell,
    fields, place, scalar,
    spec::{Atom, ColumnName, GroupBy, Hidden, Label, ROW_SAYS, RowSays, Source, Spec, TableRead},
    text,
};
use crate::node::{Row, Scalar};
use model::said::Location;
use std::{
    borrow::Cow,
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Different order keys a file may have; each costs eight bytes while it is read.
pub(super) const ORDER_KEYS_MAX: usize = 5_000_000;
/// Orders whose rows are not together a file may have; with more it is a file of another kind.
pub(super) const SCATTERED_MAX: usize = 10_000;
/// Rows a file may have when its orders are not together: all of them are held in memory.
pub(super) const UNSORTED_ROWS_MAX: u32 = 200_000;

/// What pass 1 learned.
#[derive(Debug)]
pub(super) struct Shape {
    /// Empty for a text file.
    pub(super) sheet: String,
    pub(super) header_row: u32,
    /// Header cells as written.
    pub(super) headers: Vec<String>,
    /// Letters of each column of the file.
    pub(super) letters: Vec<String>,
    /// For each column of the mapping, the file's.
    pub(super) columns: Vec<Option<usize>>,
    pub(super) block: Vec<Option<BlockCell>>,
    /// The row that ends the table.
    pub(super) end_row: Option<u32>,
    /// Hashes of order keys whose rows are not together.
    pub(super) scattered: HashSet<u64>,
    pub(super) date1904: bool,
}

impl Shape {
    /// Where a source is, in that row.
    pub(super) fn locate(&self, source: Option<&Source>, row: u32, labels: &[Label]) -> Location {
        let mut location =
            Location { sheet: (!self.sheet.is_empty()).then(|| self.sheet.clone()), ..Location::default() };
        let atoms: Vec<&Atom> = match source {
            None => Vec::new(),
            Some(Source::One(atom) | Source::Sum(atom)) => vec![atom],
            Some(Source::Join { parts, .. }) => parts.iter().flat_map(|part| &part.atoms).collect(),
        };
        location.row = Some(row);
        for atom in atoms {
            match atom {
                Atom::Column(n) => {
                    let Some(column) = self.columns.get(*n).copied().flatten() else { continue };
                    location.column = self.headers.get(column).cloned();
                    location.cell = self.letters.get(column).map(|letters| format!("{letters}{row}"));
                    return location;
                }
                Atom::Block(n) => {
                    let cell = self.block.get(*n).and_then(Option::as_ref);
                    location.row = cell.map(|cell| cell.row);
                    location.cell = cell.map(BlockCell::address);
                    location.column = labels.get(*n).and_then(|label| label.words.first()).map(|w| w.written.clone());
                    return location;
                }
                Atom::Path(_) | Atom::Received => {}
            }
        }
        location
    }

    /// Where a value should be that is not there: the first place among the sources that this file has and that must be
    /// filled; of labels, the first one without a value.
    pub(super) fn locate_missing(&self, sources: &[Source], row: u32, labels: &[Label]) -> Location {
        let mut wanted: Vec<&Atom> = Vec::new();
        for source in sources {
            match source {
                Source::One(atom) | Source::Sum(atom) => wanted.push(atom),
                Source::Join { parts, .. } => {
                    wanted.extend(parts.iter().filter(|part| !part.optional).flat_map(|part| &part.atoms));
                }
            }
        }
        let empty_label =
            |atom: &&&Atom| matches!(atom, Atom::Block(n) if self.block.get(*n).is_some_and(Option::is_none));
        let column =
            |atom: &&&Atom| matches!(atom, Atom::Column(n) if self.columns.get(*n).is_some_and(Option::is_some));
        let found = wanted.iter().find(empty_label).or_else(|| wanted.iter().find(column)).or(wanted.first());
        let source = found.map(|atom| Source::One((*atom).clone()));
        self.locate(source.as_ref(), row, labels)
    }

    /// The place of a source as lineage writes it: `D` and the rows, or the block's cell.
    pub(super) fn lineage(&self, source: &Source, rows: &[(u32, u32)]) -> String {
        match source {
            Source::One(atom) | Source::Sum(atom) => self.atom_lineage(atom, rows),
            Source::Join { parts, .. } => {
                let place = |part: &super::spec::JoinPart| {
                    part.atoms.iter().map(|atom| self.atom_lineage(atom, rows)).find(|place| !place.is_empty())
                };
                let places: Vec<String> = parts.iter().filter_map(place).collect();
                places.join(" + ")
            }
        }
    }

    fn atom_lineage(&self, atom: &Atom, rows: &[(u32, u32)]) -> String {
        match atom {
            Atom::Column(n) => {
                let letters = self.columns.get(*n).copied().flatten().and_then(|column| self.letters.get(column));
                letters.map(|letters| cells(letters, rows)).unwrap_or_default()
            }
            Atom::Block(n) => self.block.get(*n).and_then(Option::as_ref).map(BlockCell::address).unwrap_or_default(),
            Atom::Received => "@received".to_owned(),
            Atom::Path(_) => String::new(),
        }
    }
}

/// `D5:D7, D9`
fn cells(letters: &str, rows: &[(u32, u32)]) -> String {
    let mut text = String::with_capacity(letters.len() + 8);
    for (n, (first, last)) in rows.iter().enumerate() {
        if n > 0 {
            text.push_str(", ");
        }
        text.push_str(letters);
        place::push_number(&mut text, *first);
        if last > first {
            text.push(':');
            text.push_str(letters);
            place::push_number(&mut text, *last);
        }
    }
    text
}

/// One row as the fields see it.
#[derive(Debug)]
pub(super) struct RowView<'v, 'a> {
    pub(super) cells: &'v [Scalar<'a>],
    pub(super) columns: &'v [Option<usize>],
    pub(super) block: &'v [Option<BlockCell>],
    pub(super) received: &'v Scalar<'static>,
    pub(super) empty: &'v [String],
}

impl<'a> View<'a> for RowView<'_, 'a> {
    fn look<'v>(&'v self, atom: &'v Atom) -> Look<'v, 'a> {
        let scalar = match atom {
            Atom::Column(n) => self.columns.get(*n).copied().flatten().and_then(|column| self.cells.get(column)),
            Atom::Block(n) => self.block.get(*n).and_then(Option::as_ref).map(|cell| -> &Scalar<'a> { &cell.value }),
            Atom::Received => Some(self.received as &Scalar<'a>),
            Atom::Path(_) => None,
        };
        scalar.map_or(Look::Nothing, Look::Scalar)
    }

    fn each<'v>(&'v self, atom: &'v Atom, found: &mut Vec<Look<'v, 'a>>) -> bool {
        found.push(self.look(atom));
        true
    }

    fn empty(&self) -> &[String] {
        self.empty
    }
}

/// What a row below the header is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    Blank,
    /// Totals or notes: the table has ended.
    Ends,
    /// A row the mapping leaves out, e.g. a subtotal.
    LeftOut,
    Hidden,
    Record,
}

pub(super) fn sort(read: &TableRead, row: &Row<'_>) -> Sort {
    if row.hidden && read.hidden == Hidden::Skip {
        return Sort::Hidden;
    }
    let Some(first) = row.cells.iter().find(|cell| !is_blank(cell, &[])) else {
        return if read.blank_ends { Sort::Ends } else { Sort::Blank };
    };
    let Scalar::Text(text) = first else { return Sort::Record };
    let letter = text.chars().find(|c| !text::is_void(*c)).map_or(' ', text::first_letter);
    if !read.until.iter().chain(&read.skip).any(|word| word.may_open(letter)) {
        return Sort::Record;
    }
    if read.until.iter().any(|word| word.opens(text)) {
        Sort::Ends
    } else if read.skip.iter().any(|word| word.opens(text)) {
        Sort::LeftOut
    } else {
        Sort::Record
    }
}

/// What a row says, by its own word for it. A row without the word is a line of an order.
///
/// # Errors
/// The word, when it is not in the table, and where it stands.
pub(super) fn says<'v, 'a: 'v>(
    read: &'v TableRead,
    view: &'v RowView<'_, 'a>,
) -> Result<RowSays, (Cow<'v, str>, &'v Source)> {
    let Some((sources, table)) = &read.says else { return Ok(RowSays::Order) };
    let word = sources.iter().find_map(|source| match source {
        Source::One(atom) => match view.look(atom) {
            Look::Scalar(scalar) if !is_blank(scalar, view.empty()) => Some((scalar::plain(scalar), source)),
            Look::Scalar(_) | Look::Nothing | Look::Branch => None,
        },
        Source::Join { .. } | Source::Sum(_) => None,
    });
    let Some((word, source)) = word else { return Ok(RowSays::Order) };
    let known = table.get(&word).and_then(|ours| fields::word(&ROW_SAYS, ours));
    known.ok_or((word, source))
}

/// A row has an order key and everything a line must have.
pub(super) fn looks_like_record(spec: &Spec, read: &TableRead, view: &RowView<'_, '_>) -> bool {
    let filled = |atom: &Atom| match (atom, view.look(atom)) {
        (Atom::Column(_), Look::Scalar(scalar)) => !is_blank(scalar, &spec.empty),
        (Atom::Column(_) | Atom::Block(_) | Atom::Path(_) | Atom::Received, _) => false,
    };
    let given = |source: &Source| match source {
        Source::One(atom) | Source::Sum(atom) => filled(atom),
        Source::Join { parts, .. } => parts.iter().all(|part| part.optional || part.atoms.iter().any(filled)),
    };
    let keyed = match &read.group {
        GroupBy::File => true,
        GroupBy::Source(sources) => read.fill_down || sources.iter().any(given),
    };
    keyed && spec.items.iter().filter(|field| field.is_required()).all(|field| field.sources.iter().any(given))
}

/// What tells a row's order from others; `None` when the row does not say.
pub(super) fn group_key<'v, 'a: 'v>(group: &'v GroupBy, view: &'v RowView<'_, 'a>) -> Option<Cow<'v, str>> {
    let sources = match group {
        GroupBy::File => return Some(Cow::Borrowed("")),
        GroupBy::Source(sources) => sources,
    };
    sources.iter().find_map(|source| match source {
        Source::One(atom) | Source::Sum(atom) => match view.look(atom) {
            Look::Scalar(scalar) if !is_blank(scalar, view.empty()) => {
                // A damaged number still tells rows apart; its field rejects it.
                Some(scalar::id(scalar).unwrap_or_else(|_| Cow::Owned(apply::shown(scalar))))
            }
            Look::Scalar(_) | Look::Nothing | Look::Branch => None,
        },
        Source::Join { parts, with } => match apply::joined(parts, with, view) {
            Ok(text) => text.map(Cow::Owned),
            Err((_, was)) => Some(Cow::Owned(was)),
        },
    })
}

/// A hash that is the same in both passes and on every machine.
pub(super) fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// The alternatives of a field or of the order key, for a fault about a missing column.
pub(super) fn column_names(sources: &[Source], columns: &[ColumnName]) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut add = |atom: &Atom| {
        if let Atom::Column(n) = atom
            && let Some(column) = columns.get(*n)
        {
            names.push(column.written.as_str());
        }
    };
    for source in sources {
        match source {
            Source::One(atom) | Source::Sum(atom) => add(atom),
            Source::Join { parts, .. } => {
                parts.iter().filter(|part| !part.optional).flat_map(|part| &part.atoms).for_each(&mut add);
            }
        }
    }
    names.join(" | ")
}
