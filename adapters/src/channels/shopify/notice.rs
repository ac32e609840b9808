//! The small bodies: deletions, edits, refunds, fulfilments. Amounts keep their text until they are money.

use super::{ignored, reject};
use model::{
    money::{Currency, Money},
    port::inbound::{Document, Read},
    said::{Location, Reject, Said, Statement, WAS_MAX, args},
    time::Instant,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Transactions of one refund, tracking numbers of one fulfilment.
const PARTS_MAX: usize = 100;

/// An id or amount as written: a number of any size, or text.
#[derive(Deserialize)]
struct Written<'a>(#[serde(borrow)] &'a RawValue);

impl Written<'_> {
    /// Without quotes; empty for anything but text without escapes and numbers.
    fn text(&self) -> &str {
        let raw = self.0.get();
        let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        let plain = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._:/".contains(&b));
        if plain && !matches!(raw, "null" | "true" | "false") { inner } else { "" }
    }
}

#[derive(Deserialize)]
struct Deleted<'a> {
    #[serde(borrow)]
    id: Written<'a>,
}

#[derive(Deserialize)]
struct Edited<'a> {
    #[serde(borrow)]
    order_edit: OrderEdit<'a>,
}

#[derive(Deserialize)]
struct OrderEdit<'a> {
    #[serde(borrow)]
    order_id: Written<'a>,
}

#[derive(Deserialize)]
struct Refund<'a> {
    #[serde(borrow)]
    id: Option<Written<'a>>,
    #[serde(borrow)]
    order_id: Written<'a>,
    #[serde(borrow, default)]
    transactions: Vec<Transaction<'a>>,
}

#[derive(Deserialize)]
struct Transaction<'a> {
    kind: String,
    status: String,
    #[serde(borrow)]
    amount: Written<'a>,
    currency: String,
}

#[derive(Deserialize)]
struct Fulfilment<'a> {
    #[serde(borrow)]
    order_id: Written<'a>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    tracking_company: Option<String>,
    #[serde(default)]
    tracking_number: Option<String>,
    #[serde(default)]
    tracking_numbers: Vec<String>,
}

pub(super) fn deleted(doc: &Document<'_>) -> Vec<Read> {
    let body: Deleted = match read(doc) {
        Ok(body) => body,
        Err(unreadable) => return unreadable.rejected(),
    };
    // The body has no time of its own; the header is the only thing that tells a late update from a newer one.
    let version = triggered_at(doc).map(|at| at.0);
    statements(&body.id, "/id", version, vec![Statement::Deleted])
}

/// `None` when the body is not an edit but (as from older shops) the order itself.
pub(super) fn edited(doc: &Document<'_>) -> Option<Vec<Read>> {
    let body: Edited = serde_json::from_slice(doc.bytes).ok()?;
    Some(statements(&body.order_edit.order_id, "/order_edit/order_id", None, vec![Statement::Fetch]))
}

pub(super) fn refund(doc: &Document<'_>) -> Vec<Read> {
    let body: Refund = match read(doc) {
        Ok(body) => body,
        Err(unreadable) => return unreadable.rejected(),
    };
    if body.transactions.len() > PARTS_MAX {
        return vec![too_many(&body.order_id, "/transactions")];
    }
    let mut sum: Option<Money> = None;
    for (at, transaction) in body.transactions.iter().enumerate() {
        if transaction.kind != "refund" || transaction.status != "success" {
            continue;
        }
        sum = match add(sum, transaction) {
            Ok(sum) => Some(sum),
            Err(code) => {
                let place = format!("/transactions/{at}/amount");
                let amount = transaction.amount.0.get();
                return vec![Read::Reject(fault(&body.order_id, &place, "amount", code, amount))];
            }
        };
    }
    // Without a version: a refund is a fact, which a newer state of the order does not undo.
    let id = body.id.as_ref().map(Written::text).unwrap_or_default();
    let what = sum.map_or(Statement::Ignored { why: "no_money_refunded".to_owned() }, |Money { minor, currency }| {
        Statement::Refunded { id: id.to_owned(), amount: minor, currency }
    });
    statements(&body.order_id, "/order_id", None, vec![what])
}

pub(super) fn fulfilment(doc: &Document<'_>) -> Vec<Read> {
    let body: Fulfilment = match read(doc) {
        Ok(body) => body,
        Err(unreadable) => return unreadable.rejected(),
    };
    // Pending, open, cancelled, error, failure: nothing has left.
    if body.status.as_deref() != Some("success") {
        return vec![Read::Said(Said { external_id: body.order_id.text().to_owned(), ..ignored("nothing_shipped") })];
    }
    if body.tracking_numbers.len() > PARTS_MAX {
        return vec![too_many(&body.order_id, "/tracking_numbers")];
    }
    let mut numbers = body.tracking_numbers;
    if numbers.is_empty() {
        // Shipped without tracking is shipped all the same.
        numbers.push(body.tracking_number.unwrap_or_default());
    }
    let carrier = body.tracking_company.unwrap_or_default();
    let shipped = numbers.into_iter().map(|number| Statement::Shipped { carrier: carrier.clone(), number }).collect();
    statements(&body.order_id, "/order_id", None, shipped)
}

fn add(sum: Option<Money>, transaction: &Transaction<'_>) -> Result<Money, &'static str> {
    let currency: Currency = transaction.currency.parse().map_err(|_| "bad_currency")?;
    let amount = Money::parse(transaction.amount.text(), currency).map_err(|_| "not_a_number")?;
    if amount.minor < 0 {
        return Err("negative_amount");
    }
    sum.map_or(Some(amount), |sum| sum.checked_add(amount)).ok_or("currencies_mixed")
}

fn statements(id: &Written<'_>, pointer: &str, version: Option<i64>, what: Vec<Statement>) -> Vec<Read> {
    if id.text().is_empty() {
        return vec![Read::Reject(fault(id, pointer, "external_id", "missing_order_id", id.0.get()))];
    }
    let said = |what| Said {
        external_id: id.text().to_owned(),
        version,
        what,
        lineage: [("external_id".to_owned(), pointer.to_owned())].into(),
    };
    what.into_iter().map(|what| Read::Said(said(what))).collect()
}

/// The body; an error is a code and where it went wrong.
fn read<'a, T: Deserialize<'a>>(doc: &Document<'a>) -> Result<T, Unreadable> {
    // A list would be taken for the members in order.
    if doc.bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Unreadable { code: "unexpected_shape", why: "list".to_owned() });
    }
    serde_json::from_slice(doc.bytes).map_err(|error| Unreadable {
        code: if error.is_data() { "unexpected_shape" } else { "not_json" },
        why: format!("{}:{}", error.line(), error.column()),
    })
}

struct Unreadable {
    code: &'static str,
    why: String,
}

impl Unreadable {
    fn rejected(self) -> Vec<Read> {
        vec![Read::Reject(Reject { args: args([("why", self.why)]), ..reject(self.code) })]
    }
}

fn too_many(id: &Written<'_>, pointer: &str) -> Read {
    let max = args([("max", PARTS_MAX.to_string())]);
    Read::Reject(Reject { args: max, ..fault(id, pointer, "", "too_many_values", "") })
}

fn fault(id: &Written<'_>, pointer: &str, field: &str, code: &str, was: &str) -> Reject {
    Reject {
        order_key: id.text().to_owned(),
        location: Location { pointer: Some(pointer.to_owned()), ..Location::default() },
        field: field.to_owned(),
        was: was.chars().take(WAS_MAX).collect(),
        ..reject(code)
    }
}

/// `X-Shopify-Triggered-At`, RFC 3339.
fn triggered_at(doc: &Document<'_>) -> Option<Instant> {
    let text = ["x-shopify-triggered-at", "shopify-triggered-at"]
        .iter()
        .find_map(|name| super::super::header(doc.headers, name))?;
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(Instant(at.timestamp_micros()))
}
