//! The lint: reads a mapping file and names every mistake in it at once, each with its line and column.

mod field;
mod groups;
mod reading;

use super::{
    Mapping,
    fault::{Fault, Faults, nearest},
    fields::{ITEM_FIELDS, Kind, ORDER_FIELDS, OrderField, PARTY_FIELDS, ROLES, Target},
    path::Path,
    spec::{ColumnName, Field, Group, Label, SAYS, Says, Spec},
    text,
    toml_view::{self, Keys},
    values::Tables,
};
use model::said::args;
use std::ops::Range;

/// What is known while the fields are read.
struct Lint<'a, 'f> {
    faults: &'f mut Faults<'a>,
    tables: &'f Tables,
    is_table: bool,
    is_xml: bool,
    columns: Vec<ColumnName>,
    block: Vec<Label>,
    /// Labels some field reads.
    block_used: Vec<bool>,
    groups: Vec<Group>,
}

impl Lint<'_, '_> {
    fn fault<const N: usize>(&mut self, span: &Range<usize>, code: &'static str, found: [(&str, String); N]) {
        self.faults.at(span, code, args(found));
    }

    /// A word that is not in a closed list.
    fn unknown_word(&mut self, span: &Range<usize>, word: &str, known: &[&str]) {
        let mut found = args([("word", word.to_owned()), ("known", known.join(", "))]);
        if let Some(near) = nearest(word, known.iter().copied()) {
            found.insert("did_you_mean".to_owned(), near.to_owned());
        }
        self.faults.at(span, "unknown_word", found);
    }

    /// The number of a column, which is new or known.
    fn column(&mut self, written: &str) -> usize {
        let key = text::header(written);
        self.columns.iter().position(|column| column.key == key).unwrap_or_else(|| {
            self.columns.push(ColumnName::new(written));
            self.columns.len() - 1
        })
    }
}

/// Reads a mapping.
pub(super) fn read(file: &str, source: &str, tables: &Tables) -> Result<Mapping, Vec<Fault>> {
    let mut faults = Faults::new(file, source);
    let table = toml_view::parse(source, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into_sorted());
    }
    let mut keys = Keys::new(table.get_ref(), 0..0);
    let (name, version) = keys.head(&mut faults);
    let mut lint = Lint {
        faults: &mut faults,
        tables,
        is_table: false,
        is_xml: false,
        columns: Vec::new(),
        block: Vec::new(),
        block_used: Vec::new(),
        groups: Vec::new(),
    };
    let spec = lint.spec(&mut keys);
    keys.finish(&mut faults);
    match spec {
        Some(spec) if faults.is_empty() => Ok(Mapping {
            name: name.unwrap_or_default().to_owned(),
            version: version.unwrap_or_default(),
            spec: std::sync::Arc::new(spec),
        }),
        Some(_) | None => Err(faults.into_sorted()),
    }
}

impl Lint<'_, '_> {
    fn spec(&mut self, keys: &mut Keys<'_>) -> Option<Spec> {
        let says = self.says(keys);
        let mut read = keys.table("read", self.faults);
        if read.is_none() {
            keys.missing("read", self.faults);
        }
        self.is_table = read.as_mut().is_some_and(|read| self.is_table(read));
        self.is_xml = read.as_mut().and_then(|read| read.take("format")?.as_text()) == Some("xml");
        self.block(keys);
        let empty = read.as_mut().map(|read| read.texts("empty", self.faults)).unwrap_or_default();
        let read = read.map(|read| self.reading(read));
        let mut order = self.order_fields(keys, says);
        let (items_at, items) = self.item_fields(keys, says);
        order.extend(self.charges(keys));
        order.extend(self.attributes(keys));
        let expect = self.expect(keys, &items);
        for (n, label) in std::mem::take(&mut self.block).iter().enumerate() {
            if !self.block_used[n] {
                self.fault(keys.span(), "label_not_used", [("label", label.name.clone())]);
            }
            self.block.push(label.clone());
        }
        // A whole address before its parts, so that the parts win; the currency is first already.
        order.sort_by_key(|field| match field.target {
            Target::Order(_) => 0,
            Target::Party(_, super::fields::PartyField::Address) => 1,
            Target::Party(..) | Target::Item(_) | Target::Group(..) => 2,
        });
        Some(Spec {
            says,
            read: read?,
            order,
            items_at,
            items,
            groups: std::mem::take(&mut self.groups),
            block: std::mem::take(&mut self.block),
            expect,
            columns: std::mem::take(&mut self.columns),
            empty: empty.iter().map(|word| text::folded(word)).collect(),
        })
    }

    fn says(&mut self, keys: &mut Keys<'_>) -> Says {
        let Some(item) = keys.take("says") else { return Says::Order };
        let Some(word) = item.text(self.faults) else { return Says::Order };
        super::fields::word(&SAYS, word).unwrap_or_else(|| {
            self.unknown_word(&item.span(), word, &super::fields::names(&SAYS));
            Says::Order
        })
    }

    /// The fields of `[order]`, `[buyer]`, `[ship_to]` and `[bill_to]`.
    fn order_fields(&mut self, keys: &mut Keys<'_>, says: Says) -> Vec<Field> {
        let mut fields = Vec::new();
        match keys.table("order", self.faults) {
            Some(mut table) => {
                for (key, field, kind) in ORDER_FIELDS {
                    let wanted = match field {
                        OrderField::ExternalId | OrderField::Version => true,
                        OrderField::Reason => says == Says::Cancelled,
                        _ => says == Says::Order,
                    };
                    if wanted {
                        fields.extend(self.named(&mut table, key, Target::Order(field), kind, ""));
                    }
                }
                let must: &[&str] = if says == Says::Order { &["external_id", "placed_at"] } else { &["external_id"] };
                for key in must.iter().filter(|key| !fields.iter().any(|f| f.name == **key)) {
                    if !table.was_there(key) {
                        table.missing(key, self.faults);
                    }
                }
                table.finish(self.faults);
            }
            None => keys.missing("order", self.faults),
        }
        if says != Says::Order {
            return fields;
        }
        for (section, role) in ROLES {
            let Some(mut table) = keys.table(section, self.faults) else { continue };
            for (key, field, kind) in PARTY_FIELDS {
                let target = Target::Party(role, field);
                fields.extend(self.named(&mut table, key, target, kind, section));
            }
            table.finish(self.faults);
        }
        fields
    }

    fn item_fields(&mut self, keys: &mut Keys<'_>, says: Says) -> (Path, Vec<Field>) {
        let nothing = (Path::default(), Vec::new());
        if says != Says::Order {
            return nothing;
        }
        let Some(mut table) = keys.table("items", self.faults) else {
            keys.missing("items", self.faults);
            return nothing;
        };
        let at = if self.is_table { Path::default() } else { self.list_path(&mut table, "at").unwrap_or_default() };
        let mut fields = Vec::new();
        for (key, field, kind) in ITEM_FIELDS {
            fields.extend(self.named(&mut table, key, Target::Item(field), kind, "items"));
        }
        for key in ["sku", "quantity"] {
            if !table.was_there(key) {
                table.missing(key, self.faults);
            }
        }
        fields.extend(self.specification(&mut table));
        table.finish(self.faults);
        (at, fields)
    }

    /// The field of that key, when the mapping has it.
    fn named(
        &mut self,
        table: &mut Keys<'_>,
        key: &'static str,
        target: Target,
        kind: Kind,
        section: &str,
    ) -> Option<Field> {
        let item = table.take(key)?;
        let name = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
        self.field(item, target, kind, name)
    }

    fn path(&self, source: &str) -> Result<Path, &'static str> {
        Path::parse(source).map(|path| Path { loose: self.is_xml, ..path })
    }

    /// A path to a list, without `[*]`.
    fn list_path(&mut self, table: &mut Keys<'_>, key: &'static str) -> Option<Path> {
        let Some(item) = table.take(key) else {
            table.missing(key, self.faults);
            return None;
        };
        let text = item.text(self.faults)?;
        match self.path(text.strip_suffix("[*]").unwrap_or(text)) {
            Ok(path) if !path.has_each() => Some(path),
            Ok(_) => {
                self.fault(&item.span(), "bad_path", [("path", text.to_owned()), ("why", "list_in_list".to_owned())]);
                None
            }
            Err(why) => {
                self.fault(&item.span(), "bad_path", [("path", text.to_owned()), ("why", why.to_owned())]);
                None
            }
        }
    }
}
