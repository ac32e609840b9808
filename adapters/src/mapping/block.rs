//! The header block of a form: labelled values above the table.

use super::{
    apply::is_blank,
    place, scalar,
    spec::{ColumnName, Label, Side},
    text,
};
use crate::node::{Row, Scalar};
use std::borrow::Cow;

/// Blank cells between a label and its value.
const GAP_MAX: usize = 8;

/// A value found beside its label.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct BlockCell {
    pub(super) value: Scalar<'static>,
    pub(super) row: u32,
    pub(super) column: usize,
}

impl BlockCell {
    pub(super) fn address(&self) -> String {
        format!("{}{}", place::letters(self.column), self.row)
    }
}

/// The value of each label; `None` where the label or its value is not there.
pub(super) fn find(labels: &[Label], above: &[Row<'static>]) -> Vec<Option<BlockCell>> {
    labels.iter().map(|label| one(label, labels, above)).collect()
}

fn one(label: &Label, labels: &[Label], above: &[Row<'static>]) -> Option<BlockCell> {
    above.iter().enumerate().find_map(|(n, row)| {
        row.cells.iter().enumerate().find_map(|(column, cell)| {
            let Scalar::Text(written) = cell else { return None };
            match matched(written, &label.words)? {
                Match::With(value) => Some(BlockCell { value, row: row.number, column }),
                Match::Alone => match label.at {
                    Side::Right => right(row, column, labels),
                    Side::Below => above.get(n + 1).and_then(|below| cell_at(below, column, labels)),
                },
            }
        })
    })
}

enum Match {
    /// The cell is the label.
    Alone,
    /// The cell holds `label: value`.
    With(Scalar<'static>),
}

fn matched(written: &str, words: &[ColumnName]) -> Option<Match> {
    let whole = text::header(written);
    if words.iter().any(|word| word.key == whole) {
        return Some(Match::Alone);
    }
    let (name, value) = written.split_once([':', '：'])?;
    let name = text::header(name);
    let value = text::clean(value);
    (words.iter().any(|word| word.key == name) && !value.is_empty())
        .then(|| Match::With(Scalar::Text(Cow::Owned(value.into_owned()))))
}

/// The next filled cell to the right, unless that is another label: then the value was left empty.
fn right(row: &Row<'static>, column: usize, labels: &[Label]) -> Option<BlockCell> {
    let next = row.cells.iter().enumerate().skip(column + 1).take(GAP_MAX).find(|(_, cell)| !is_blank(cell, &[]))?;
    cell_at(row, next.0, labels)
}

fn cell_at(row: &Row<'static>, column: usize, labels: &[Label]) -> Option<BlockCell> {
    let value = row.cells.get(column).filter(|cell| !is_blank(cell, &[]))?;
    let another = matches!(value, Scalar::Text(_)) && {
        let text = scalar::plain(value);
        labels.iter().any(|label| matched(&text, &label.words).is_some())
    };
    (!another).then(|| BlockCell { value: value.clone(), row: row.number, column })
}

/// A row that outlives the file's reading.
pub(super) fn kept(row: &Row<'_>) -> Row<'static> {
    Row { number: row.number, hidden: row.hidden, cells: row.cells.iter().map(owned).collect() }
}

fn owned(scalar: &Scalar<'_>) -> Scalar<'static> {
    match scalar {
        Scalar::Null => Scalar::Null,
        Scalar::Text(text) => Scalar::Text(Cow::Owned(text.to_string())),
        Scalar::Number(number) => Scalar::Number(Cow::Owned(number.to_string())),
        Scalar::Float(value) => Scalar::Float(*value),
        Scalar::Bool(flag) => Scalar::Bool(*flag),
        Scalar::Date(at) => Scalar::Date(*at),
        Scalar::Error(error) => Scalar::Error(Cow::Owned(error.to_string())),
    }
}
