//! What happens to one order, told in every sequence, each telling twice: the same order stands at the end.

use super::{
    campaign::Campaign,
    documents::{Taste, order_json},
    ledger::{Hash, Ledger},
    line::Line,
    sender::{ARTICLES, CONNECTIONS, signed},
    world,
};
use anyhow::{Context as _, Result, bail};
use model::{
    ids::OrderId,
    measure::Quantity,
    order::state::{Counters, Decision, Order},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;
use tributary::store::{bulk::Lock, orders};

/// What is told of an order, in the order it happened.
const TOLD: [&str; 6] = ["create", "pay", "edit", "ship", "cancel", "refund"];
const CANCEL: usize = 4;
/// Sequences with the cancellation, 6!, and without it, 5!.
pub(crate) const ALL: u64 = 720 + 120;

/// Told of order `id`.
fn document(id: u64, told: usize) -> Result<(Vec<u8>, Hash)> {
    let (order, at) =
        (order_json(&Taste::new(ARTICLES), id)?, |second: usize| format!("2026-11-20T11:00:{second:02}+01:00"));
    let mut order: Value = serde_json::from_slice(&order)?;
    let total = order["total_price"].clone();
    order["updated_at"] = at(told).into();
    order["financial_status"] = if told == 0 { "pending" } else { "paid" }.into();
    let edit = if told < 2 { "as created" } else { "as edited" };
    order["note_attributes"] = json!([{ "name": "told", "value": edit }]);
    let (topic, body) = match TOLD[told] {
        "create" => ("orders/create", order),
        "pay" => ("orders/paid", order),
        "edit" => ("orders/updated", order),
        "ship" => (
            "fulfillments/create",
            json!({ "id": id * 10 + 1, "order_id": id, "status": "success", "created_at": at(told), "updated_at": at(told),
                "tracking_company": "DHL", "tracking_number": format!("JVGL{id}"), "line_items": [] }),
        ),
        "cancel" => {
            order["cancelled_at"] = at(told).into();
            order["cancel_reason"] = "customer".into();
            ("orders/cancelled", order)
        }
        _ => (
            "refunds/create",
            json!({ "id": id * 10 + 2, "order_id": id, "created_at": at(told), "refund_line_items": [], "transactions":
                [{ "id": id * 10 + 3, "order_id": id, "kind": "refund", "status": "success", "amount": total, "currency": "EUR" }] }),
        ),
    };
    signed(topic, &serde_json::to_vec(&body)?)
}

/// Every sequence of `items`.
fn sequences(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let with = |at: usize| {
        let mut rest = items.to_vec();
        let first = rest.remove(at);
        sequences(&rest).into_iter().map(move |tail| [vec![first], tail].concat())
    };
    (0..items.len()).flat_map(with).collect()
}

/// `runs` sequences of them all, evenly.
fn chosen(runs: u64) -> Vec<Vec<usize>> {
    let all = [sequences(&[0, 1, 2, 3, 4, 5]), sequences(&[0, 1, 2, 3, 5])].concat();
    let step = all.len().div_ceil(usize::try_from(runs).unwrap_or(usize::MAX).clamp(1, all.len()));
    all.into_iter().step_by(step).collect()
}

/// Tells `runs` orders, each in a sequence of its own, and sees how they end. Those of the `control` are only read: what
/// becomes of orders that believe everything may wait for a person.
pub(crate) async fn inflict(to: &mut Campaign, runs: u64, control: bool) -> Result<()> {
    let (all, next) = (Arc::new(chosen(runs)), Arc::new(AtomicUsize::new(0)));
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (all, next) = (Arc::clone(&all), Arc::clone(&next));
        connections.spawn(tell(to.site.nodes[0].1, to.site.ledger.clone(), all, next));
    }
    while let Some(told) = connections.join_next().await {
        to.other_acks += told??;
    }
    to.runs += all.len() as u64;
    if control {
        to.all_read().await?;
    } else {
        to.rest().await?;
    }
    for (what, ends) in ends(to, &all).await? {
        let told = format!("{what}: {} different ends: {}", ends.len(), shown(&ends));
        if ends.len() == 1 { to.notes.push(told) } else { to.wrong.push(told) }
    }
    Ok(())
}

/// Orders told one after another over one connection, until none is left; gives the acknowledgements.
async fn tell(to: SocketAddr, ledger: Ledger, all: Arc<Vec<Vec<usize>>>, next: Arc<AtomicUsize>) -> Result<u64> {
    let (mut line, mut acks) = (Line::open(to).await?, 0);
    loop {
        let at = next.fetch_add(1, Ordering::SeqCst);
        let Some(sequence) = all.get(at) else { return Ok(acks) };
        // What is repeated comes at once from some, late from others.
        let twice: Vec<usize> = match at % 2 {
            0 => sequence.iter().flat_map(|told| [*told; 2]).collect(),
            _ => sequence.repeat(2),
        };
        let order = at as u64 + 1;
        for told in twice {
            let (request, hash) = document(order, told)?;
            loop {
                match line.status(&request).await? {
                    200 => break,
                    503 => tokio::time::sleep(Duration::from_millis(20)).await,
                    other => bail!("{} was answered {other}", TOLD[told]),
                }
            }
            ledger.note(order, &hash).await?;
            acks += 1;
        }
    }
}

/// How orders ended, and an example of each end; those that were cancelled and those that were not.
type Ends = BTreeMap<String, String>;

async fn ends(to: &Campaign, all: &[Vec<usize>]) -> Result<[(&'static str, Ends); 2]> {
    let store = to.site.open().await?;
    let mut found = [("with the cancellation", Ends::new()), ("without it", Ends::new())];
    for (at, sequence) in all.iter().enumerate() {
        let id = OrderId::of(world::CHANNEL, &(at + 1).to_string());
        let slots = orders::load(store.read(), &[id], Lock::No).await?;
        let order = slots.get(&id).and_then(|slot| slot.order()).context("an order is not there")?;
        let told: Vec<&str> = sequence.iter().map(|told| TOLD[*told]).collect();
        let family = usize::from(!sequence.contains(&CANCEL));
        found[family].1.entry(end(order)).or_insert_with(|| told.join(" "));
    }
    store.close().await?;
    Ok(found)
}

/// What must not depend on the sequence: how far it had come before, and so its history, may.
fn end(order: &Order) -> String {
    let decision = match &order.decision {
        Decision::Cancelled { reason } => format!("cancelled ({reason})"),
        other => format!("{other:?}").to_lowercase(),
    };
    let on_its_way: Quantity = order.lines.iter().map(|line| on_its_way(&line.counters)).sum();
    let (payment, refunds, holds) = (order.header.payment.state, order.refunds.len(), order.holds.len());
    let goods = if on_its_way.0 > 0 { "goods on their way" } else { "no goods" };
    // An attribute that the edit changes.
    let attributes: Vec<&str> = order.header.attributes.values().map(String::as_str).collect();
    let edit = attributes.iter().find(|text| text.starts_with("as ")).unwrap_or(&"as nothing");
    format!("{decision}, {edit}, {payment:?}, {refunds} refunds, {goods}, {holds} holds")
}

/// Neither cancelled nor given back.
fn on_its_way(counters: &Counters) -> Quantity {
    [counters.open, counters.backordered, counters.reserved, counters.released, counters.shipped].into_iter().sum()
}

fn shown(ends: &Ends) -> String {
    let each = ends.iter().map(|(end, example)| format!("{end} [{example}]"));
    each.collect::<Vec<_>>().join("; ")
}
