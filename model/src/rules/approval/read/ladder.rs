//! Reads `[authority]`: role = "unlimited", "50000.00 CNY" or a list with one amount per currency.

use crate::{
    codes::Role,
    money::Money,
    rules::{
        approval::{Authority, Limit, ROLES_MAX},
        policy::{PolicyFault, amount, source::Source, tables::Table},
    },
    said::{Args, args},
};
use toml::{Spanned, de::DeValue};

/// Text for an authority without end.
const UNLIMITED: &str = "unlimited";

/// The ladder in the order of the file. Roles with a mistake are kept, so that rows that name them are not blamed.
pub(super) fn read(table: &Table<'_>, faults: &mut Vec<PolicyFault>) -> Authority {
    let DeValue::Table(entries) = table.value.get_ref() else { return Authority::default() };
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut reader = LimitReader { source: table.source, faults };
    if let Some((key, _)) = entries.get(ROLES_MAX) {
        reader.fault(key.span().start, "too_many_roles", args([("max", ROLES_MAX.to_string())]));
    }
    let rung = |(key, value): &(&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let role: &std::borrow::Cow<'_, str> = key.get_ref();
        (Role::new(role), reader.limit(value))
    };
    let ladder: Vec<(Role, Limit)> = entries.iter().map(rung).collect();
    // Without an end to the ladder some order could be approved by nobody.
    if ladder.last().is_none_or(|(_, limit)| *limit != Limit::Unlimited) {
        let offset = entries.last().map_or(table.offset, |(key, _)| key.span().start);
        reader.fault(offset, "authority_for_nobody", Args::new());
    }
    Authority { ladder }
}

struct LimitReader<'r> {
    source: &'r Source<'r>,
    faults: &'r mut Vec<PolicyFault>,
}

impl LimitReader<'_> {
    fn fault(&mut self, offset: usize, code: &str, args: Args) {
        self.faults.push(self.source.fault(offset, code, args));
    }

    fn limit(&mut self, value: &Spanned<DeValue<'_>>) -> Limit {
        match value.get_ref() {
            DeValue::String(text) if text == UNLIMITED => Limit::Unlimited,
            DeValue::String(_) => Limit::UpTo(self.amount(value).into_iter().collect()),
            DeValue::Array(list) => {
                let mut amounts: Vec<Money> = vec![];
                for written in list.iter() {
                    let Some(amount) = self.amount(written) else { continue };
                    if amounts.iter().any(|a| a.currency == amount.currency) {
                        let what = args([("currency", amount.currency.to_string())]);
                        self.fault(written.span().start, "currency_twice", what);
                    }
                    amounts.push(amount);
                }
                Limit::UpTo(amounts)
            }
            other => {
                let found = other.type_str().to_owned();
                self.fault(value.span().start, "bad_authority", args([("found", found)]));
                Limit::UpTo(vec![])
            }
        }
    }

    fn amount(&mut self, written: &Spanned<DeValue<'_>>) -> Option<Money> {
        let (offset, text) = (written.span().start, written.get_ref().as_str().unwrap_or_default());
        match amount::read(text) {
            None => self.fault(offset, "bad_amount", args([("text", text.to_owned())])),
            Some(amount) if amount.minor < 0 => {
                self.fault(offset, "negative_amount", args([("text", text.to_owned())]));
            }
            Some(amount) => return Some(amount),
        }
        None
    }
}
