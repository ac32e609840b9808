//! Lint of what repeats: charges, attributes, specifications.

use super::Lint;
use crate::mapping::{
    fields::{CHARGE_KINDS, Kind, NAME, Part, Target, VALUE},
    spec::{Fallback, Field, Group, GroupKind},
    toml_view::Keys,
};
use model::said::ChargeKind;

impl Lint<'_, '_> {
    /// `[[charges]]`: a kind, an amount, perhaps a label, perhaps `each`.
    pub(super) fn charges(&mut self, keys: &mut Keys<'_>) -> Vec<Field> {
        let mut fields = Vec::new();
        for mut table in keys.tables("charges", self.faults) {
            let kind = self.one_of(&mut table, "kind", &CHARGE_KINDS);
            if kind.is_none() && !table.was_there("kind") {
                table.missing("kind", self.faults);
            }
            let kind = GroupKind::Charge(kind.unwrap_or(ChargeKind::Other));
            fields.extend(self.group(
                &mut table,
                kind,
                "charges",
                &[("amount", Part::Amount, Kind::Money, true), ("label", Part::Name, VALUE, false)],
            ));
            table.finish(self.faults);
        }
        fields
    }

    /// `[attributes]`: name = field; `[[attributes_each]]`: each, name, value.
    pub(super) fn attributes(&mut self, keys: &mut Keys<'_>) -> Vec<Field> {
        let mut fields = self.pairs(keys, "attributes", GroupKind::Attribute);
        for mut table in keys.tables("attributes_each", self.faults) {
            fields.extend(self.each_pair(&mut table, GroupKind::Attribute(None), "attributes"));
        }
        fields
    }

    /// `[items.specification]`: name = field; `[[items.specification_each]]`: each, name, value, unit.
    pub(super) fn specification(&mut self, keys: &mut Keys<'_>) -> Vec<Field> {
        let mut fields = self.pairs(keys, "specification", GroupKind::Specification);
        for mut table in keys.tables("specification_each", self.faults) {
            fields.extend(self.each_pair(&mut table, GroupKind::Specification(None), "items.specification"));
        }
        fields
    }

    fn pairs(&mut self, keys: &mut Keys<'_>, key: &'static str, kind: fn(Option<String>) -> GroupKind) -> Vec<Field> {
        let Some(mut table) = keys.table(key, self.faults) else { return Vec::new() };
        let mut fields = Vec::new();
        for (name, _, item) in table.rest() {
            let what = kind(Some(name.to_owned()));
            let section = if what.of_item() { "items.specification" } else { "attributes" };
            let target = Target::Group(self.groups.len(), Part::Value);
            if let Some(field) = self.field(item, target, VALUE, format!("{section}.{name}")) {
                self.groups.push(Group { what, each: None });
                fields.push(lax(field));
            }
        }
        fields
    }

    fn each_pair(&mut self, table: &mut Keys<'_>, what: GroupKind, section: &'static str) -> Vec<Field> {
        if !table.was_there("each") {
            table.missing("each", self.faults);
        }
        let fields = self.group(
            table,
            what,
            section,
            &[("name", Part::Name, NAME, true), ("value", Part::Value, VALUE, true), ("unit", Part::Unit, NAME, false)],
        );
        std::mem::replace(table, Keys::nothing()).finish(self.faults);
        fields
    }

    /// The fields of one group: kept in it when it repeats, else given back.
    fn group(
        &mut self,
        table: &mut Keys<'_>,
        what: GroupKind,
        section: &str,
        parts: &[(&'static str, Part, Kind, bool)],
    ) -> Vec<Field> {
        let each = if table.was_there("each") { self.list_path(table, "each") } else { None };
        if self.is_table && each.is_some() {
            self.fault(table.span(), "only_in_trees", [("word", "each".to_owned())]);
        }
        let n = self.groups.len();
        let mut fields = Vec::new();
        for (key, part, kind, must) in parts {
            if *must && !table.was_there(key) {
                table.missing(key, self.faults);
            }
            let name =
                if *part == Part::Amount { format!("{section}.{}", charge_name(&what)) } else { section.to_owned() };
            fields.extend(self.named(table, key, Target::Group(n, *part), *kind, &name).map(lax));
        }
        match each {
            Some(path) => {
                self.groups.push(Group { what, each: Some((path, fields)) });
                Vec::new()
            }
            None => {
                self.groups.push(Group { what, each: None });
                fields
            }
        }
    }
}

fn charge_name(what: &GroupKind) -> &'static str {
    match what {
        GroupKind::Charge(kind) => {
            CHARGE_KINDS.iter().find(|(_, known)| known == kind).map_or("other", |(name, _)| *name)
        }
        GroupKind::Attribute(_) | GroupKind::Specification(_) => "",
    }
}

/// A group without a value is left out, so its fields need not be there.
fn lax(field: Field) -> Field {
    let fallback = if field.fallback == Fallback::Missing { Fallback::Empty } else { field.fallback };
    Field { fallback, ..field }
}
