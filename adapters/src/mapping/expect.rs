//! Sums a file states about itself, against what its rows come to.

use super::{
    apply::{Look, View, is_blank},
    number::Mark,
    scalar,
    spec::{Atom, Counted, Expect, Source, Spec, Stated},
    table::{RowView, Shape},
};
use crate::node::{Row, Scalar};
use model::said::{Args, Location, args};

/// Decimals sums are compared with.
const SCALE: u32 = 6;

#[derive(Debug)]
pub(super) struct Tallies<'s> {
    spec: &'s Spec,
    sums: Vec<Sum<'s>>,
    /// The row that ended the table, by column of the mapping.
    footer: Option<(u32, Vec<Scalar<'static>>)>,
}

#[derive(Debug)]
struct Sum<'s> {
    /// The n-th field of a line.
    field: usize,
    columns: Vec<&'s Atom>,
    mark: Mark,
    /// Scaled by 10^6.
    total: i128,
    /// A cell that is no number: its row is rejected, and nothing can be compared.
    unreadable: bool,
}

impl<'s> Tallies<'s> {
    pub(super) fn new(spec: &'s Spec) -> Self {
        let sum = |field: usize| {
            let read = &spec.items[field];
            let atom = |source: &'s Source| if let Source::One(atom) = source { Some(atom) } else { None };
            let columns = read.sources.iter().filter_map(atom).collect();
            Sum { field, columns, mark: read.convert.mark, total: 0, unreadable: false }
        };
        let sums = spec.expect.iter().filter_map(|expect| match expect.counted {
            Counted::Sum(field) => Some(sum(field)),
            Counted::Records | Counted::Orders => None,
        });
        Self { spec, sums: sums.collect(), footer: None }
    }

    pub(super) fn add(&mut self, view: &RowView<'_, '_>) {
        for sum in &mut self.sums {
            let filled = sum.columns.iter().find_map(|atom| match view.look(atom) {
                Look::Scalar(scalar) if !is_blank(scalar, &self.spec.empty) => Some(scalar),
                Look::Scalar(_) | Look::Nothing | Look::Branch => None,
            });
            match filled.map(|scalar| figure(scalar, sum.mark)) {
                Some(Some(figure)) => sum.total += figure,
                Some(None) => sum.unreadable = true,
                None => {}
            }
        }
    }

    /// Keeps the totals row; the first one counts.
    pub(super) fn footer(&mut self, row: &Row<'_>, columns: &[Option<usize>]) {
        if self.footer.is_some() {
            return;
        }
        let row_kept = super::block::kept(row);
        let cell = |column: &Option<usize>| column.and_then(|n| row_kept.cells.get(n).cloned()).unwrap_or(Scalar::Null);
        self.footer = Some((row.number, columns.iter().map(cell).collect()));
    }

    /// Every expectation that is not met: code, both figures, where the file states it.
    pub(super) fn differences(
        &self,
        records: u32,
        orders: usize,
        shape: &Shape,
    ) -> Vec<(&'static str, Args, Location)> {
        self.spec.expect.iter().filter_map(|expect| self.difference(expect, records, orders, shape)).collect()
    }

    fn difference(
        &self,
        expect: &Expect,
        records: u32,
        orders: usize,
        shape: &Shape,
    ) -> Option<(&'static str, Args, Location)> {
        let unit = 10_i128.pow(SCALE);
        let (counted, mark) = match expect.counted {
            Counted::Sum(field) => {
                let sum = self.sums.iter().find(|sum| sum.field == field)?;
                if sum.unreadable {
                    return None;
                }
                (sum.total, sum.mark)
            }
            Counted::Records => (i128::from(records) * unit, Mark::Point),
            Counted::Orders => (i128::try_from(orders).unwrap_or(i128::MAX / unit) * unit, Mark::Point),
        };
        let (scalar, location) = self.stated(&expect.stated, shape);
        let name = ("expectation", expect.name.clone());
        let Some(scalar) = scalar.filter(|scalar| !is_blank(scalar, &self.spec.empty)) else {
            let missing = ("expected_figure_missing", args([name, ("counted", decimal(counted))]), location);
            return (!expect.optional).then_some(missing);
        };
        match figure(scalar, mark) {
            Some(stated) if stated == counted => None,
            stated => {
                let stated = stated.map_or_else(|| super::apply::shown(scalar), decimal);
                let found = args([name, ("stated", stated), ("counted", decimal(counted))]);
                Some(("expected_sum_differs", found, location))
            }
        }
    }

    fn stated<'t>(&'t self, stated: &Stated, shape: &'t Shape) -> (Option<&'t Scalar<'static>>, Location) {
        let labels = &self.spec.block;
        match stated {
            Stated::Footer(columns) => {
                let Some((row, cells)) = &self.footer else {
                    return (None, Location { row: None, ..shape.locate(None, 0, labels) });
                };
                let filled = |n: &&usize| cells.get(**n).is_some_and(|cell| !is_blank(cell, &self.spec.empty));
                let column = columns.iter().find(filled).or(columns.first()).copied();
                let source = column.map(|n| Source::One(Atom::Column(n)));
                (column.and_then(|n| cells.get(n)), shape.locate(source.as_ref(), *row, labels))
            }
            Stated::Block(n) => {
                let source = Source::One(Atom::Block(*n));
                let cell = shape.block.get(*n).and_then(Option::as_ref);
                (cell.map(|cell| &cell.value), shape.locate(Some(&source), 0, labels))
            }
        }
    }
}

fn figure(scalar: &Scalar<'_>, mark: Mark) -> Option<i128> {
    scalar::exact(scalar, mark).ok()?.scaled(SCALE).ok().map(i128::from)
}

fn decimal(scaled: i128) -> String {
    i64::try_from(scaled).map_or_else(|_| scaled.to_string(), |n| model::measure::Quantity(n).decimal())
}
