//! The holds of an order. Other orders they speak of are named by their numbers, which is how people know them.

use super::{time, word};
use crate::{
    store::{StoreError, order_lists},
    words::Language,
};
use model::{
    ids::OrderId,
    money::Money,
    order::state::{Hold, Order},
    rules::pricing::{self, Difference},
    said::{Args, args},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The argument that lists other orders, by id.
const ORDERS: &str = "orders";

/// The argument that names what may be meant, which is also the code of its words.
const MEANT: &str = "did_you_mean";

/// The argument that lists why nothing carries the order. Holds of old do not have it.
const REASONS: &str = "reasons";

/// Differences of prices that a hold's sentence names; the audit has all.
const FIGURES_MAX: usize = 8;

type Numbers = HashMap<OrderId, String>;

pub(in crate::web) async fn holds(
    conn: &impl ConnectionTrait,
    order: &Order,
    language: Language,
) -> Result<Vec<Value>, StoreError> {
    let others: Vec<OrderId> = order.holds.iter().flat_map(|hold| others(&hold.args)).collect();
    let numbers = order_lists::numbers(conn, &others).await?;
    Ok(order.holds.iter().map(|hold| one_hold(hold, order, &numbers, language)).collect())
}

/// The orders that arguments name.
fn others(args: &Args) -> impl Iterator<Item = OrderId> {
    args.get(ORDERS).into_iter().flat_map(|ids| ids.split(',').filter_map(|id| id.trim().parse().ok()))
}

/// Arguments that are codes in words, and ids of orders as their numbers.
fn spoken(args: &Args, numbers: &Numbers, language: Language) -> Args {
    const CODES: [&str; 4] = ["asked", "differences", "reasons", "refusal"];
    let number = |id: &str| id.parse().ok().and_then(|id: OrderId| numbers.get(&id).cloned());
    let mut spoken = args.clone();
    for (name, parts) in &mut spoken {
        let parts_in_words: Vec<String> = match name.as_str() {
            ORDERS => parts.split(',').map(|id| number(id).unwrap_or_else(|| id.to_owned())).collect(),
            "missing" => parts.split(',').map(|part| word(language, &format!("lacks_{}", part.trim()))).collect(),
            name if CODES.contains(&name) => parts.split(',').map(|code| word(language, code.trim())).collect(),
            _ => continue,
        };
        *parts = parts_in_words.join(", ");
    }
    spoken
}

/// What the audit found, each with its figures; `None` when there is no audit to ask.
fn figures(order: &Order, language: Language) -> Option<String> {
    let currency = order.currency();
    let money = |minor| Money::new(minor, currency).decimal();
    // Sums that do not add up are another hold's.
    let found = order.audit.as_ref()?.differences.iter().filter(|d| d.code != "totals_do_not_add_up");
    let one = |difference: &Difference| {
        let mut said = args([
            ("what", word(language, &difference.code)),
            ("charged", money(difference.charged)),
            ("expected", money(difference.expected)),
            ("currency", currency.to_string()),
        ]);
        if let Some(line) = difference.line {
            let of_line = language.say("difference_in_line", &args([("line", line.to_string())])).detail;
            said.insert("what".to_owned(), format!("{} {of_line}", word(language, &difference.code)));
        }
        let code = if difference.code == "no_price" { "difference_unpriced" } else { "difference_figures" };
        language.say(code, &said).detail
    };
    let mut said: Vec<String> = found.map(one).collect();
    if said.len() > FIGURES_MAX {
        said.truncate(FIGURES_MAX);
        said.push("...".to_owned());
    }
    let between = match language {
        Language::English => "; ",
        Language::Chinese => "；",
    };
    (!said.is_empty()).then(|| said.join(between))
}

fn one_hold(hold: &Hold, order: &Order, numbers: &Numbers, language: Language) -> Value {
    let mut spoken = spoken(&hold.args, numbers, language);
    if hold.code == pricing::HOLD
        && let Some(figures) = figures(order, language)
    {
        spoken.insert("differences".to_owned(), figures);
    }
    let mut words = language.say(&hold.code, &spoken);
    if spoken.contains_key(MEANT) {
        words.detail = format!("{} {}", words.detail, language.say(MEANT, &spoken).detail);
    }
    if spoken.get(REASONS).is_some_and(|reasons| !reasons.is_empty()) {
        words.detail = format!("{} {}", words.detail, language.say("reasons_seen", &spoken).detail);
    }
    let named = |id: OrderId| json!({ "id": id, "number": numbers.get(&id) });
    json!({
        "code": hold.code,
        "title": words.title,
        "detail": words.detail,
        "remedy": words.remedy,
        "owner": hold.owner,
        "blocks": hold.blocks,
        "since": time(hold.since),
        "due": hold.due.map(time),
        "release": hold.release,
        "args": hold.args,
        "orders": others(&hold.args).map(named).collect::<Vec<_>>(),
    })
}
