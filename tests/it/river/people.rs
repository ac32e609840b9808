//! A person is erased: found nowhere on disk, while the order's history still replays.

use super::world::{CHANNEL, River, on_each_database, order_json};
use model::{
    ids::{DocumentId, OrderId, PartyId},
    order::{apply::apply, event::Happened, state::Slot},
};
use sea_orm::EntityTrait;
use std::{collections::BTreeSet, fmt::Debug, path::Path};
use tributary::store::{
    Lane, documents,
    entity::{deliveries, exchanges, holds, journal as journal_rows, orders, said},
    journal::{self, Entered, Readable},
    parties,
};

/// Invented, and unlike anything else in the file.
const NAME: &str = "Quirinius Zzyzwitz";
const MAIL: &str = "q.zzyzwitz@nowhere.example";
const PHONE: &str = "+31 6 9182 7364";
/// Parts by which the person would be known, however the text around them is written.
const TRACES: [&str; 6] = ["Quirinius", "Zzyzwitz", "q.zzyzwitz", "9182 7364", "91827364", "Vergeetmijnietstraat"];

fn of_the_person(id: u64, version: u32, quantity: u32) -> String {
    let mut order: serde_json::Value =
        serde_json::from_str(&order_json(id, "LT-DL-0003", quantity, "5.95", version)).expect("JSON");
    order["email"] = MAIL.into();
    order["phone"] = PHONE.into();
    order["note"] = format!("ring at {NAME}").into();
    let address = serde_json::json!({ "name": NAME, "address1": "Vergeetmijnietstraat 7", "city": "Utrecht",
        "zip": "3511 AA", "country_code": "NL", "phone": PHONE });
    order["shipping_address"] = address.clone();
    order["billing_address"] = address;
    order.to_string()
}

fn traces(bytes: &[u8]) -> Vec<&'static str> {
    let found = |trace: &&&str| bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
    TRACES.iter().filter(found).copied().collect()
}

/// The files of the SQLite database in which a trace of the person is.
fn on_disk(river: &River) -> Vec<String> {
    let Some(file) = tributary::store::sqlite_path(&river.app.core.config.database.url) else { return vec![] };
    let folder = file.parent().map(Path::to_owned).expect("a folder");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        for trace in traces(&std::fs::read(&path).expect("readable")) {
            found.push(format!("{} in {}", trace, path.display()));
        }
    }
    found
}

async fn rows<E: EntityTrait>(river: &River, table: &str, found: &mut Vec<String>)
where
    E::Model: Debug,
{
    let rows = E::find().all(river.app.core.store.read()).await.expect("reads");
    found.extend(traces(format!("{rows:?}").as_bytes()).iter().map(|trace| format!("{trace} in {table}")));
}

/// Tables that name nobody, whether or not anybody was erased.
async fn in_tables(river: &River) -> Vec<String> {
    let mut found = Vec::new();
    rows::<journal_rows::Entity>(river, "journal", &mut found).await;
    rows::<said::Entity>(river, "said", &mut found).await;
    rows::<deliveries::Entity>(river, "deliveries", &mut found).await;
    rows::<exchanges::Entity>(river, "exchanges", &mut found).await;
    rows::<orders::Entity>(river, "orders", &mut found).await;
    rows::<holds::Entity>(river, "holds", &mut found).await;
    found
}

async fn history(river: &River, id: OrderId) -> Vec<Entered> {
    journal::of_order(river.app.core.store.read(), id).await.expect("a history")
}

fn replayed(id: OrderId, history: &[Entered]) -> Slot {
    history.iter().fold(Slot::Empty, |slot, entered| match &entered.what {
        Readable::Event(event) => {
            let (no, at, actor) = (entered.event_no, entered.at, entered.actor.clone());
            apply(id, slot, &Happened { no, at, actor, event: (**event).clone() })
        }
        Readable::Unknown(_) => slot,
    })
}

/// Everyone an order's history speaks of: parties change when it is amended.
fn people(history: &[Entered]) -> BTreeSet<PartyId> {
    use model::order::event::Event;
    let mut people = BTreeSet::new();
    for entered in history {
        let Readable::Event(event) = &entered.what else { continue };
        if let Event::Placed { content, .. } | Event::Amended { content, .. } = &**event {
            let h = &content.header;
            people.extend([&h.buyer, &h.ship_to, &h.bill_to].into_iter().flatten().map(|party| party.id));
        }
    }
    people
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_nowhere_and_the_history_still_replays() {
    on_each_database(async |river| {
        let mut read: Vec<DocumentId> = Vec::new();
        for (topic, version, quantity) in [("orders/create", 1, 2), ("orders/updated", 2, 3)] {
            read.push(river.shopify(topic, &of_the_person(1, version, quantity)).await.document);
        }
        river.shopify("orders/create", &order_json(2, "LT-DL-0003", 1, "5.95", 1)).await;
        let id = OrderId::of(CHANNEL, "1");
        let store = &river.app.core.store;
        assert_eq!(in_tables(river).await, Vec::<String>::new(), "people live in parties only");
        store.checkpoint().await.expect("written");
        let is_file = tributary::store::sqlite_path(&river.app.core.config.database.url).is_some();
        assert_eq!(is_file, !on_disk(river).is_empty(), "the test can see the person before");

        let before = history(river, id).await;
        let people: Vec<PartyId> = people(&before).into_iter().collect();
        assert!(!people.is_empty());
        let tx = store.begin(Lane::Work).await.expect("begins");
        parties::erase(&tx, &people, super::world::now()).await.expect("erased");
        documents::forget(&tx, &read).await.expect("forgotten");
        tx.commit().await.expect("commits");
        store.checkpoint().await.expect("written");

        assert_eq!(on_disk(river), Vec::<String>::new());
        assert_eq!(in_tables(river).await, Vec::<String>::new());
        let known = parties::get(store.read(), &people).await.expect("reads");
        assert!(known.values().all(|known| matches!(known, parties::Known::Erased { .. })), "{known:?}");
        let after = history(river, id).await;
        assert_eq!(after, before, "an erasure rewrites no history");
        let slot = river.slot("1").await;
        assert_eq!(replayed(id, &after), slot);
        assert_eq!(slot.order().expect("placed").lines[0].item.quantity, model::measure::Quantity::whole(3));

        // The other buyer is still known.
        let other = river.order("2").await.header.buyer.expect("a buyer").id;
        let known = parties::get(store.read(), &[other]).await.expect("reads");
        assert!(matches!(known.get(&other), Some(parties::Known::Here(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_names_them_again_is_forgotten_again() {
    on_each_database(async |river| {
        let first = river.shopify("orders/create", &of_the_person(1, 1, 2)).await.document;
        let id = OrderId::of(CHANNEL, "1");
        let people: Vec<PartyId> = people(&history(river, id).await).into_iter().collect();
        let store = &river.app.core.store;
        let tx = store.begin(Lane::Work).await.expect("begins");
        parties::erase(&tx, &people, super::world::now()).await.expect("erased");
        documents::forget(&tx, &[first]).await.expect("forgotten");
        tx.commit().await.expect("commits");
        // The shop goes on telling of the order as if nothing had been.
        let again = river.shopify("orders/updated", &of_the_person(1, 2, 3)).await.document;
        for _ in 0..1000 {
            let found = documents::by_id(store.read(), again).await.expect("reads").expect("is there");
            if found.state == documents::DocumentState::Erased && on_disk(river).is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(documents::bytes(store.read(), again).await.expect("reads"), None);
        assert_eq!(on_disk(river), Vec::<String>::new());
        let order = river.order("1").await;
        assert_eq!(order.lines[0].item.quantity, model::measure::Quantity::whole(3), "what it said was done");
        let destination = order.header.ship_to.and_then(|party| party.destination).expect("a destination");
        assert_eq!(destination.postcode, "351", "a whole postcode is a street");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_newer_program_is_kept_and_skipped() {
    use sea_orm::ConnectionTrait;
    on_each_database(async |river| {
        river.shopify("orders/create", &order_json(1, "LT-DL-0003", 2, "5.95", 1)).await;
        let id = OrderId::of(CHANNEL, "1");
        let before = history(river, id).await;
        let last = before.last().expect("an event");
        let body = r#"{"type":"engraved","text":"for ever","depth":3}"#;
        let tx = river.app.core.store.begin(Lane::Work).await.expect("begins");
        let sql =
            format!("UPDATE journal SET name = 'engraved', version = 7, body = '{body}' WHERE seq = {}", last.seq);
        tx.execute_unprepared(&sql).await.expect("a newer program wrote it");
        tx.commit().await.expect("commits");
        let after = history(river, id).await;
        let newer = after.last().expect("an event");
        assert_eq!((newer.name.as_str(), newer.version), ("engraved", 7));
        assert_eq!(newer.what, Readable::Unknown(body.to_owned()), "as it was written");
        assert_eq!(after.len(), before.len());
        assert_eq!(replayed(id, &after), replayed(id, &before[..before.len() - 1]), "skipped");
        let feed = journal::after(river.app.core.store.read(), last.seq - 1, 1).await.expect("reads");
        assert_eq!(feed[0].what, newer.what, "handed on as it is");
    })
    .await;
}
