//! The holds of an order. Other orders they speak of are named by their numbers, which is how people know them.

use super::{time, word};
use crate::{
    store::{StoreError, order_lists},
    words::Language,
};
use model::{
    ids::OrderId,
    order::state::{Hold, Order},
    said::Args,
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

type Numbers = HashMap<OrderId, String>;

pub(in crate::web) async fn holds(
    conn: &impl ConnectionTrait,
    order: &Order,
    language: Language,
) -> Result<Vec<Value>, StoreError> {
    let others: Vec<OrderId> = order.holds.iter().flat_map(|hold| others(&hold.args)).collect();
    let numbers = order_lists::numbers(conn, &others).await?;
    Ok(order.holds.iter().map(|hold| one_hold(hold, &numbers, language)).collect())
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

fn one_hold(hold: &Hold, numbers: &Numbers, language: Language) -> Value {
    let spoken = spoken(&hold.args, numbers, language);
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
