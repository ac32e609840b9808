//! A mapping after the lint: every word resolved, nothing left to be wrong but the document.

use super::{
    convert::Convert,
    fields::Target,
    path::Path,
    text::{self, Opening},
    values::Values,
};
use model::said::ChargeKind;
use std::sync::Arc;

/// What a document of this mapping says of each order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Says {
    /// The whole order.
    Order,
    Cancelled,
    Deleted,
    Paid,
    /// A notice: go and get the order.
    Fetch,
}

pub(super) const SAYS: [(&str, Says); 5] = [
    ("order", Says::Order),
    ("cancelled", Says::Cancelled),
    ("deleted", Says::Deleted),
    ("paid", Says::Paid),
    ("fetch", Says::Fetch),
];

#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) says: Says,
    pub(super) read: ReadAs,
    /// Fields of the order, amounts' currency first.
    pub(super) order: Vec<Field>,
    /// Where the lines are, in a tree.
    pub(super) items_at: Path,
    pub(super) items: Vec<Field>,
    /// Charges, attributes and specifications; a field's `Target::Group` counts into it.
    pub(super) groups: Vec<Group>,
    pub(super) block: Vec<Label>,
    pub(super) expect: Vec<Expect>,
    /// Every column any field reads, once.
    pub(super) columns: Vec<Column>,
    /// Texts that mean "nothing", folded.
    pub(super) empty: Vec<String>,
}

/// How the document becomes records.
#[derive(Clone, Debug)]
pub(super) enum ReadAs {
    Tree {
        format: TreeFormat,
        /// Where a record, or the list of them, may be; the first that is there counts.
        records: Vec<Path>,
    },
    Table(TableRead),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TreeFormat {
    Json,
    Xml,
}

#[derive(Clone, Debug)]
pub(super) struct TableRead {
    pub(super) format: Format,
    /// Words the header row has, each with alternatives.
    pub(super) header: Vec<Vec<ColumnName>>,
    /// Non-blank rows among which the header must be.
    pub(super) header_within: u32,
    /// Rows below the header that are no records.
    pub(super) skip_rows: u32,
    pub(super) until: Vec<Opening>,
    pub(super) skip: Vec<Opening>,
    /// A blank row ends the table.
    pub(super) blank_ends: bool,
    pub(super) hidden: Hidden,
    /// Where a row says what it is, and its words for it.
    pub(super) says: Option<(Vec<Source>, Arc<Values>)>,
    pub(super) group: GroupBy,
    pub(super) fill_down: bool,
    pub(super) unsorted: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Auto,
    Csv { encoding: Option<String>, delimiter: Option<char> },
    Xlsx { sheet: Sheet },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Sheet {
    First,
    Named(String),
    /// From 1, as people count.
    Nth(usize),
}

/// What to do with hidden rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Hidden {
    #[default]
    Read,
    Skip,
    Hold,
}

/// What a row of a table says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RowSays {
    /// A line of an order.
    Order,
    /// Goods and money went back: told to a person, and no part of an order.
    Refund,
    /// Nothing about orders.
    Ignored,
}

pub(super) const ROW_SAYS: [(&str, RowSays); 3] =
    [("order", RowSays::Order), ("refund", RowSays::Refund), ("ignored", RowSays::Ignored)];

#[derive(Clone, Debug)]
pub(super) enum GroupBy {
    /// The whole table is one order.
    File,
    /// Rows with the same value are one order.
    Source(Vec<Source>),
}

/// A header word as it is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ColumnName {
    /// As the mapping writes it.
    pub(super) written: String,
    pub(super) key: String,
}

impl ColumnName {
    pub(super) fn new(written: &str) -> Self {
        Self { written: written.to_owned(), key: text::header(written) }
    }
}

pub(super) type Column = ColumnName;

/// One field of the order or of a line.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) target: Target,
    /// Canonical name, e.g. `items.quantity`.
    pub(super) name: String,
    /// The first that gives something counts.
    pub(super) sources: Vec<Source>,
    pub(super) split: Option<Split>,
    pub(super) table: Option<Arc<Values>>,
    /// What an unknown word of the table stands for.
    pub(super) otherwise: Option<String>,
    pub(super) convert: Convert,
    /// Of a price: for how many units it is.
    pub(super) per: Option<Atom>,
    /// Of a price or an amount: the currency that stands beside it.
    pub(super) beside: Option<Atom>,
    pub(super) fallback: Fallback,
}

/// What a field is when its sources give nothing.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Fallback {
    /// A reject.
    Missing,
    Empty,
    Default(String),
    /// It has no sources at all.
    Const(String),
}

impl Field {
    /// Something must be in the document.
    pub(super) fn is_required(&self) -> bool {
        self.fallback == Fallback::Missing
    }
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    One(Atom),
    /// Several texts in one.
    Join {
        parts: Vec<JoinPart>,
        with: String,
    },
    /// The sum of a list's amounts.
    Sum(Atom),
}

#[derive(Clone, Debug)]
pub(super) struct JoinPart {
    /// Alternatives; the first that gives something counts.
    pub(super) atoms: Vec<Atom>,
    /// Written with `?`: the others are enough.
    pub(super) optional: bool,
}

/// One place in the document.
#[derive(Clone, Debug)]
pub(super) enum Atom {
    /// The n-th of [`Spec::columns`].
    Column(usize),
    /// The n-th of [`Spec::block`].
    Block(usize),
    Path(Path),
    /// When the document arrived.
    Received,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Split {
    pub(super) by: String,
    pub(super) take: Take,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Take {
    /// From 1.
    Nth(usize),
    Last,
    /// All but the first, as written.
    Rest,
}

impl Split {
    /// The part of `text`, without blanks around; empty when there is none.
    pub(super) fn part<'t>(&self, text: &'t str) -> &'t str {
        let found = match self.take {
            Take::Nth(n) => text.split(self.by.as_str()).nth(n.saturating_sub(1)),
            Take::Last => text.rsplit(self.by.as_str()).next(),
            Take::Rest => text.split_once(self.by.as_str()).map(|(_, rest)| rest),
        };
        found.unwrap_or_default().trim()
    }
}

/// A charge, an attribute or a specification.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) what: GroupKind,
    /// The list it repeats for, in a tree; its fields are then here and not among the order's or the lines'.
    pub(super) each: Option<(Path, Vec<Field>)>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum GroupKind {
    Charge(ChargeKind),
    /// With its name, unless the document gives it.
    Attribute(Option<String>),
    Specification(Option<String>),
}

impl GroupKind {
    /// It belongs to a line.
    pub(super) const fn of_item(&self) -> bool {
        match self {
            Self::Specification(_) => true,
            Self::Charge(_) | Self::Attribute(_) => false,
        }
    }
}

/// A labelled value above the table.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) words: Vec<ColumnName>,
    pub(super) at: Side,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Side {
    /// In the cells to the right, or behind a colon in the label's own cell.
    #[default]
    Right,
    Below,
}

/// A sum that must agree.
#[derive(Clone, Debug)]
pub(super) struct Expect {
    pub(super) name: String,
    pub(super) counted: Counted,
    pub(super) stated: Stated,
    /// Nothing to compare with is fine.
    pub(super) optional: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Counted {
    /// Of the n-th of [`Spec::items`].
    Sum(usize),
    Records,
    Orders,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Stated {
    /// In the row that ends the table, in the first of these columns that is filled there.
    Footer(Vec<usize>),
    Block(usize),
}
