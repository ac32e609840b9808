//! Files through the river: good orders are decided, bad ones come back with their places.

use super::world::{River, on_each_database};
use model::{
    ids::{DocumentId, OrderId},
    measure::Quantity,
    order::{
        event::Actor,
        state::{Order, Slot},
        status::{Status, status},
    },
    port::inbound::Outcomes,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::{fmt::Write as _, path::Path};
use tributary::{
    intake::DocumentKind,
    master::{self, Format, Kind},
    store::{
        bulk::Lock,
        documents::{self, Document, DocumentState},
        entity::orders as order_rows,
        orders,
        rejects::{self, Numbered},
    },
};

const TILL: &str = "store-17-pos";
const PHONE_DESK: &str = "phone-desk";

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)).expect("a fixture")
}

/// The lamp maker's products, prices, stock, customers, warehouses and carriers.
async fn lamp_maker(river: &River) {
    use Kind::{Carriers, Customers, Prices, Products, RateCards, Stock, Warehouses};
    // What is spoken of comes before what speaks of it.
    for kind in [Products, Warehouses, Carriers, Customers, RateCards, Prices, Stock] {
        let table = fixture(&format!("master/{}.csv", kind.name()));
        let done = master::import(&river.app.core, kind, Format::Csv, &table, &Actor::System).await.expect("imports");
        assert_eq!(done.faults.first(), None, "{}", kind.name());
    }
}

async fn upload(river: &River, channel: &str, bytes: &[u8]) -> Document {
    let id = river.bring(channel, "", DocumentKind::Upload, bytes).await.document;
    documents::by_id(river.app.core.store.read(), id).await.expect("reads").expect("is there")
}

async fn rejected(river: &River, document: DocumentId) -> Vec<Numbered> {
    rejects::list(river.app.core.store.read(), document, 0, rejects::PAGE_MAX).await.expect("reads")
}

async fn order(river: &River, channel: &str, external_id: &str) -> Option<Order> {
    let id = OrderId::of(channel, external_id);
    let mut found = orders::load(river.app.core.store.read(), &[id], Lock::No).await.expect("loads");
    match found.remove(&id) {
        Some(Slot::Placed(order)) => Some(*order),
        Some(Slot::Awaited(_) | Slot::Empty) | None => None,
    }
}

async fn count(river: &River, channel: &str, status: Option<&str>) -> u64 {
    let mut query = order_rows::Entity::find().filter(order_rows::Column::Channel.eq(channel));
    if let Some(status) = status {
        query = query.filter(order_rows::Column::Status.eq(status));
    }
    query.count(river.app.core.store.read()).await.expect("counts")
}

fn codes(order: &Order) -> Vec<&str> {
    order.holds.iter().map(|hold| hold.code.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_till_s_receipts_are_released_or_held_for_a_reason() {
    on_each_database(async |river| {
        lamp_maker(river).await;
        let document = upload(river, TILL, &fixture("mappings/pos-cn-csv/good.csv")).await;
        assert_eq!((document.state, document.orders_good, document.orders_bad), (DocumentState::Done, 3, 0));
        assert_eq!(count(river, TILL, None).await, 3);
        for receipt in ["202603020001", "202603020002", "202603020003"] {
            let order = order(river, TILL, &format!("人民路店/{receipt}")).await.expect("an order");
            let word = status(&Slot::Placed(Box::new(order.clone()))).expect("a status");
            let reasoned = !order.holds.is_empty() || word == Status::AwaitingApproval;
            assert!(matches!(word, Status::Released | Status::Delivered) || reasoned, "{receipt} is {word:?}");
        }
        // Brought again, it changes nothing.
        let again = river.bring(TILL, "", DocumentKind::Upload, &fixture("mappings/pos-cn-csv/good.csv")).await;
        assert!(again.duplicate);
        assert_eq!(count(river, TILL, None).await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_cells_come_back_with_their_place_and_good_receipts_go_through() {
    on_each_database(async |river| {
        lamp_maker(river).await;
        let bytes = fixture("mappings/pos-cn-csv/bad.csv");
        let document = upload(river, TILL, &bytes).await;
        assert!(order(river, TILL, "中山店/A001").await.is_some(), "the good one");
        assert!(order(river, TILL, "中山店/A002").await.is_none());
        let expected: serde_json::Value =
            serde_json::from_slice(&fixture("mappings/pos-cn-csv/bad.csv.expected.json")).expect("JSON");
        let stored: Vec<_> = rejected(river, document.id).await.into_iter().map(|n| n.reject).collect();
        assert_eq!(serde_json::to_value(&stored).expect("JSON"), expected["rejects"], "as the mapping found them");
        assert!(stored.iter().any(|r| r.location.row.is_some() && r.location.cell.is_some()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_sums_differ_waits_as_a_whole() {
    on_each_database(async |river| {
        lamp_maker(river).await;
        let document = upload(river, TILL, &fixture("mappings/pos-cn-csv/held.csv")).await;
        assert_eq!(document.state, DocumentState::Held);
        assert_eq!(count(river, TILL, None).await, 0);
        let rejects = rejected(river, document.id).await;
        assert_eq!(rejects[0].reject.code, "expected_sum_differs");
        assert_eq!(rejects[0].reject.location.row, Some(3));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_desk_s_sheet_becomes_orders_of_several_lines() {
    on_each_database(async |river| {
        lamp_maker(river).await;
        let document = upload(river, PHONE_DESK, &fixture("mappings/phone-sales-xlsx/good.xlsx")).await;
        assert_eq!((document.state, document.orders_good, document.orders_bad), (DocumentState::Done, 3, 0));
        let dealer = order(river, PHONE_DESK, "DH20260302-001").await.expect("the dealer's");
        assert_eq!(dealer.lines.len(), 3);
        assert_eq!(dealer.lines[2].counters.ordered, Quantity::whole(96), "two cartons of 48");
        let retail = order(river, PHONE_DESK, "DH20260302-002").await.expect("cash on delivery");
        assert_eq!(codes(&retail), Vec::<&str>::new());
        assert!(retail.lines[0].counters.released == Quantity::whole(3), "{retail:#?}");
        let bad = upload(river, PHONE_DESK, &fixture("mappings/phone-sales-xlsx/bad.xlsx")).await;
        let expected: serde_json::Value =
            serde_json::from_slice(&fixture("mappings/phone-sales-xlsx/bad.xlsx.expected.json")).expect("JSON");
        let stored: Vec<_> = rejected(river, bad.id).await.into_iter().map(|n| n.reject).collect();
        assert_eq!(serde_json::to_value(&stored).expect("JSON"), expected["rejects"]);
    })
    .await;
}

/// A thousand receipts of one row, the one in row `bad` without a readable quantity.
fn thousand(bad: usize) -> String {
    let mut text = String::from("单号,交易时间,商品编码,数量,单价,金额,支付方式,收货人,电话,地址\n");
    for n in 1..=1000_usize {
        let quantity = if n + 1 == bad { "一些" } else { "1" };
        writeln!(
            text,
            "R{n:04},2026-03-02 10:12:05,LT-DL-0012,{quantity},24.00,24.00,微信,顾客{n},1380000{n:04},\
             浙江省杭州市西湖区文三路{n}号"
        )
        .expect("text");
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_rows_with_one_bad_one_are_999_orders_and_one_reject() {
    on_each_database(async |river| {
        lamp_maker(river).await;
        let document = upload(river, TILL, thousand(500).as_bytes()).await;
        assert_eq!((document.orders_good, document.orders_bad), (999, 1));
        assert_eq!(count(river, TILL, None).await, 999);
        assert_eq!(count(river, TILL, Some("released")).await, 999, "all of them can go");
        let rejects = rejected(river, document.id).await;
        assert_eq!(rejects.len(), 1, "{rejects:#?}");
        let place = &rejects[0].reject.location;
        assert_eq!((place.row, place.column.as_deref()), (Some(500), Some("数量")));
        assert_eq!((rejects[0].reject.was.as_str(), rejects[0].reject.order_key.as_str()), ("一些", "R0499"));
    })
    .await;
}

/// Three chunks of orders: the counts are added up over all of them.
#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_file_s_orders_is_counted() {
    on_each_database(async |river| {
        lamp_maker(river).await;
        let outcomes = async |text: String| {
            let document = upload(river, TILL, text.as_bytes()).await;
            document.summary.expect("it was read").outcomes
        };
        let first: String = thousand(0).lines().take(601).map(|line| format!("{line}\n")).collect();
        assert_eq!(outcomes(first).await, Outcomes { created: 600, ..Outcomes::default() });
        // The same orders in another file, the first of them with two pieces instead of one, and 400 more.
        let second = thousand(0).replacen("LT-DL-0012,1,24.00,24.00", "LT-DL-0012,2,24.00,48.00", 1);
        let second = outcomes(second).await;
        assert_eq!((second.created, second.changed + second.unchanged), (400, 600), "{second:?}");
        assert!((1..10).contains(&second.changed), "{second:?}");
        // Goods nobody knows hold their order.
        let unknown = thousand(0).lines().take(2).map(|line| format!("{line}\n")).collect::<String>();
        let unknown = unknown.replace("R0001", "U0001").replace("LT-DL-0012", "XX-NO-0001");
        assert_eq!(outcomes(unknown).await, Outcomes { created: 1, held: 1, ..Outcomes::default() });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_orders_of_one_file_see_each_other_s_stock() {
    on_each_database(async |river| {
        lamp_maker(river).await;
        // 165 panels are to be promised in all warehouses together: 200 are wanted.
        let mut text = String::from("单号,交易时间,商品编码,数量,单价,金额,支付方式,收货人,电话,地址\n");
        for (n, name) in [(1, "甲"), (2, "乙")] {
            let row = format!("S{n},2026-03-02 10:12:05,LT-PN-0034,100,268.80,26880.00,微信,顾客{name},1380000000{n},浙江省杭州市西湖区文三路{n}号");
            writeln!(text, "{row}").expect("text");
        }
        upload(river, TILL, text.as_bytes()).await;
        let mut reserved = Quantity::ZERO;
        let mut wanting = Quantity::ZERO;
        for id in ["S1", "S2"] {
            let line = order(river, TILL, id).await.expect("an order").lines[0].counters;
            reserved = reserved.plus(line.reserved).plus(line.released);
            wanting = wanting.plus(line.backordered);
        }
        let sku = [model::codes::Sku::new("LT-PN-0034")];
        let levels = tributary::store::stock::load(river.app.core.store.read(), &sku).await.expect("reads");
        assert_eq!(levels.values().map(|l| l.reserved).sum::<Quantity>(), reserved);
        assert!(levels.values().all(|l| l.reserved <= l.on_hand.less(l.safety)), "{levels:?}");
        assert!(!wanting.is_zero(), "the second found less than it wanted");
    })
    .await;
}
