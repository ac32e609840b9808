//! Finds the header row by its words and the mapping's columns in it.

use super::{
    place, scalar,
    spec::{ColumnName, Field, GroupBy, Source, Spec, TableRead},
    table, text,
};
use crate::node::{Row, Scalar};
use model::said::{Args, args};

/// A header cell as it is compared.
#[derive(Debug)]
struct Heading {
    written: String,
    key: String,
    /// Without what stands in brackets.
    bare: Option<String>,
}

/// The header row, read.
#[derive(Debug)]
pub(super) struct Header {
    headings: Vec<Heading>,
}

/// What is wrong with the columns of a file.
#[derive(Debug)]
pub(super) struct ColumnFault {
    pub(super) field: String,
    pub(super) code: &'static str,
    pub(super) cell: Option<String>,
    pub(super) args: Args,
}

impl Header {
    pub(super) fn new(row: &Row<'_>) -> Self {
        let headings = row
            .cells
            .iter()
            .map(|cell| {
                let written = scalar::plain(cell).into_owned();
                let key = text::header(&written);
                Heading { bare: text::without_brackets(&key), key, written }
            })
            .collect();
        Self { headings }
    }

    pub(super) fn written(&self) -> Vec<String> {
        self.headings.iter().map(|heading| heading.written.clone()).collect()
    }

    /// The columns of that name: those written so, else those written so before a bracket.
    fn named(&self, name: &ColumnName) -> Vec<usize> {
        let having = |fits: &dyn Fn(&Heading) -> bool| -> Vec<usize> {
            self.headings.iter().enumerate().filter(|(_, heading)| fits(heading)).map(|(n, _)| n).collect()
        };
        let exact = having(&|heading| heading.key == name.key);
        if exact.is_empty() { having(&|heading| heading.bare.as_ref() == Some(&name.key)) } else { exact }
    }

    /// Words of the header this row does not have.
    pub(super) fn missing<'r>(&self, read: &'r TableRead) -> Vec<&'r [ColumnName]> {
        let has = |words: &&Vec<ColumnName>| !words.iter().any(|word| !self.named(word).is_empty());
        read.header.iter().filter(has).map(Vec::as_slice).collect()
    }

    /// For each column of the mapping the file's, and everything that is wrong with them.
    pub(super) fn resolve(&self, spec: &Spec, read: &TableRead) -> (Vec<Option<usize>>, Vec<ColumnFault>) {
        let mut faults = Vec::new();
        let mut columns = Vec::with_capacity(spec.columns.len());
        for name in &spec.columns {
            let found = self.named(name);
            if let [_, second, ..] = found.as_slice() {
                faults.push(ColumnFault {
                    field: String::new(),
                    code: "column_twice",
                    cell: Some(place::letters(*second)),
                    args: args([
                        ("column", name.written.clone()),
                        ("columns", found.iter().map(|n| place::letters(*n)).collect::<Vec<_>>().join(", ")),
                    ]),
                });
            }
            columns.push(found.first().copied());
        }
        let here = |source: &Source| is_here(source, &columns);
        let missing = |field: &Field| field.is_required() && !field.sources.iter().any(here);
        let mut absent: Vec<(String, &[Source])> = spec
            .order
            .iter()
            .chain(&spec.items)
            .filter(|field| missing(field))
            .map(|field| (field.name.clone(), field.sources.as_slice()))
            .collect();
        if let GroupBy::Source(sources) = &read.group
            && !sources.iter().any(here)
        {
            absent.push(("group_by".to_owned(), sources));
        }
        faults.extend(absent.into_iter().map(|(field, sources)| ColumnFault {
            field,
            code: "column_not_found",
            cell: None,
            args: args([
                ("columns", table::column_names(sources, &spec.columns)),
                ("found", self.written().into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" | ")),
            ]),
        }));
        (columns, faults)
    }
}

/// The file has the columns of a source. What is no column is looked for elsewhere.
fn is_here(source: &Source, columns: &[Option<usize>]) -> bool {
    let there = |atom: &super::spec::Atom| match atom {
        super::spec::Atom::Column(n) => columns.get(*n).is_some_and(Option::is_some),
        super::spec::Atom::Block(_) | super::spec::Atom::Received | super::spec::Atom::Path(_) => true,
    };
    match source {
        Source::One(atom) | Source::Sum(atom) => there(atom),
        Source::Join { parts, .. } => {
            let here = |part: &super::spec::JoinPart| part.atoms.iter().any(there);
            parts.iter().all(|part| part.optional || here(part)) && parts.iter().any(here)
        }
    }
}

/// Enough texts to be a header row at all.
pub(super) fn may_be_header(row: &Row<'_>) -> bool {
    row.cells.iter().any(|cell| matches!(cell, Scalar::Text(_)))
}
