//! Lists, last words, master data, keys, work and parcels.

use super::world::{NOW, on_each_database, simple_order};
use model::{
    codes::Channel,
    facts::*,
    ids::{DocumentId, FulfilmentId, OrderId, PartyId},
    measure::{Size, UnitFactor},
    money::{Currency, UnitPrice},
    order::{event::Parcel, state::*},
    party::Party,
    port::inbound::{TrackingNode, TrackingStatus},
    time::{HOUR, SourceTime},
};
use tributary::store::{
    keys::{self, ApiKey},
    master,
    order_lists::{self, OrderFilter},
    parties,
    said::{self, LastSaid},
    shipments::{self, NewTracking},
    work::{self, Job},
};

#[tokio::test]
async fn orders_are_listed_page_by_page_and_found() {
    on_each_database(async |world| {
        for n in 0..5_i64 {
            let mut order = simple_order(&n.to_string());
            order.header.placed_at = SourceTime::utc(NOW.plus(n / 2));
            if n == 3 {
                order.header.customer = "K1".into();
                order.holds.push(Hold {
                    code: "unknown_sku".into(),
                    owner: "clerk".into(),
                    blocks: Stage::Checks,
                    since: NOW,
                    due: None,
                    args: model::said::Args::new(),
                    release: ReleaseRule::Mended,
                });
            }
            if n == 4 {
                let counters = &mut order.lines[0].counters;
                (counters.open, counters.backordered) = (counters.backordered, counters.open);
            }
            world.save(&order, 0).await.expect("saved");
        }
        let tx = world.begin().await;
        let buyer = Party { phones: vec!["13800001234".into()], ..Party::default() };
        parties::insert(&tx, &[(PartyId::derived(&[b"buyer"]), buyer)]).await.expect("stored");
        tx.commit().await.expect("committed");
        let db = world.store.read();
        let mut filter = OrderFilter { limit: 2, ..OrderFilter::default() };
        let mut seen = Vec::new();
        loop {
            let page = order_lists::list(db, &filter).await.expect("read");
            let Some(last) = page.last() else { break };
            filter.before = Some((last.placed_at, last.id));
            seen.extend(page.iter().map(|o| (o.placed_at, o.id)));
        }
        assert!(seen.len() == 5 && seen.is_sorted_by(|a, b| a > b), "{seen:?}");
        let count = async |filter: OrderFilter| {
            order_lists::list(db, &OrderFilter { limit: 9, ..filter }).await.expect("read").len()
        };
        let any = OrderFilter::default;
        assert_eq!(count(OrderFilter { text: "#2".into(), ..any() }).await, 1);
        assert_eq!(count(OrderFilter { text: "2".into(), ..any() }).await, 1);
        assert_eq!(count(OrderFilter { text: "138 0000 1234".into(), ..any() }).await, 5);
        assert_eq!(count(OrderFilter { hold: Some("unknown_sku".into()), ..any() }).await, 1);
        assert_eq!(count(OrderFilter { waits_for_stock: true, ..any() }).await, 1);
        assert_eq!(count(OrderFilter { waits_for_stock: true, customer: Some("K1".into()), ..any() }).await, 0);
        assert_eq!(count(OrderFilter { customer: Some("K1".into()), ..any() }).await, 1);
        assert_eq!(count(OrderFilter { statuses: vec!["open".into(), "shipped".into()], ..any() }).await, 5);
        assert_eq!(count(OrderFilter { statuses: vec!["awaited".into()], ..any() }).await, 0);
        assert_eq!(count(OrderFilter { channel: Some("other".into()), ..any() }).await, 0);
        assert_eq!(
            count(OrderFilter { placed_from: Some(NOW.plus(1)), placed_to: Some(NOW.plus(2)), ..any() }).await,
            2
        );
        assert_eq!(order_lists::holds(db, Some(&"clerk".into()), 9).await.expect("read").len(), 1);
        assert_eq!(order_lists::holds(db, Some(&"boss".into()), 9).await.expect("read").len(), 0);
    })
    .await;
}

#[tokio::test]
async fn several_statuses_make_one_list() {
    on_each_database(async |world| {
        for n in 0..9_i64 {
            let mut order = simple_order(&n.to_string());
            order.header.placed_at = SourceTime::utc(NOW.plus(n / 2));
            let status = ["released", "shipped", "cancelled"][usize::try_from(n % 3).expect("small")];
            world.save_as(&order, 0, status).await.expect("saved");
        }
        let db = world.store.read();
        let walk = async |mut filter: OrderFilter| {
            let mut seen = Vec::new();
            loop {
                let page = order_lists::list(db, &filter).await.expect("read");
                let Some(last) = page.last() else { break };
                assert!(page.len() as u64 <= filter.limit);
                filter.before = Some((last.placed_at, last.id));
                seen.extend(page.iter().map(|o| (o.placed_at, o.id)));
            }
            assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
            seen.len()
        };
        let any = || OrderFilter { limit: 2, ..OrderFilter::default() };
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let web = Some(Channel::new("web"));
        assert_eq!(walk(OrderFilter { statuses: named(&["released", "shipped"]), ..any() }).await, 6);
        assert_eq!(walk(OrderFilter { statuses: named(&["shipped", "shipped"]), ..any() }).await, 3);
        assert_eq!(walk(OrderFilter { channel: web.clone(), ..any() }).await, 9);
        assert_eq!(walk(OrderFilter { channel: web, statuses: named(&["cancelled"]), ..any() }).await, 3);
    })
    .await;
}

#[tokio::test]
async fn the_last_word_counts() {
    on_each_database(async |world| {
        let order = simple_order("1");
        let word = |version, stated: bool| LastSaid {
            channel: "web".into(),
            external_id: "1".into(),
            order: order.id,
            version,
            arrival: 7,
            mapping_version: 1,
            document: DocumentId::derived(&[b"d"]),
            content: stated.then(|| model::said::Content {
                header: order.header.clone(),
                items: order.lines.iter().map(|l| l.item.clone()).collect(),
            }),
        };
        let tx = world.begin().await;
        let first = [word(None, false)];
        let more = [word(Some(1), false), word(Some(2), true)];
        said::put(&tx, said::rows(&first).expect("rows")).await.expect("stored");
        said::put(&tx, said::rows(&more).expect("rows")).await.expect("stored");
        tx.commit().await.expect("committed");
        let keys = [("web".into(), "1".into()), ("web".into(), "2".into())];
        let found = said::get(world.store.read(), &keys).await.expect("read");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(keys[0].clone(), word(Some(2), true))]);
    })
    .await;
}

fn product() -> Product {
    Product {
        sku: "L1".into(),
        name: "台灯".into(),
        name_en: "Lamp".into(),
        category: "lamp".into(),
        active: true,
        base_unit: "pcs".into(),
        units: vec![UnitFactor { unit: "box".into(), num: 12, den: 1 }],
        weight_g: 1200,
        size: Size { length_mm: 1, width_mm: 2, height_mm: 3 },
        unit_cost: UnitPrice::parse("19.99").expect("a price"),
        cost_currency: Some(Currency::CNY),
        tax_class: "standard".into(),
    }
}

fn customer() -> CustomerFacts {
    CustomerFacts {
        code: "K1".into(),
        group: "dealer".into(),
        tier: Tier::Key,
        currency: Currency::EUR,
        credit_limit: 5,
        payment_days: 30,
        active: false,
    }
}

fn warehouse() -> WarehouseFacts {
    WarehouseFacts {
        code: "SH".into(),
        name: "上海".into(),
        country: "CN".into(),
        region: "上海市".into(),
        city: "上海市".into(),
        postcode: String::new(),
        latitude: 31_230_000,
        longitude: 121_470_000,
        offset_minutes: 480,
        cutoff_minute: 960,
        daily_capacity: 5,
        planned_today: 1,
        active: true,
    }
}

fn carrier() -> CarrierFacts {
    CarrierFacts { code: "sf".into(), name: "SF".into(), on_time_ppm: 980_000, active: true }
}

fn card() -> RateCard {
    RateCard {
        carrier: "sf".into(),
        service: "express".into(),
        warehouse: "*".into(),
        country: "CN".into(),
        region: "*".into(),
        city: "*".into(),
        zone: "1".into(),
        currency: Currency::CNY,
        first_g: 1000,
        first_price: 1200,
        step_g: 500,
        step_price: 200,
        volumetric_divisor: 6000,
        max_weight_g: 0,
        min_days: 1,
        max_days: 2,
    }
}

#[tokio::test]
async fn master_data_comes_back_as_facts() {
    on_each_database(async |world| {
        let (product, customer, warehouse, carrier, card) = (product(), customer(), warehouse(), carrier(), card());
        // Planned the day before in Shanghai, and today; NOW is ten in the morning there.
        let fulfilment = |n: u32, at| Fulfilment {
            id: FulfilmentId::of(OrderId::of("web", "1"), n, 0),
            warehouse: "SH".into(),
            carrier: "sf".into(),
            service: "express".into(),
            freight: model::money::Money::zero(Currency::CNY),
            lines: vec![],
            state: FulfilmentState::Planned,
            planned_at: NOW.plus(at),
            promised: None,
            late: false,
        };
        let fulfilments = vec![fulfilment(1, -9 * HOUR), fulfilment(2, -11 * HOUR)];
        world.save(&Order { fulfilments, ..simple_order("1") }, 0).await.expect("saved");
        let party = PartyId::derived(&[b"k"]);
        let tx = world.begin().await;
        master::put_products(&tx, &[Product { weight_g: 9, ..product.clone() }, product.clone()], NOW)
            .await
            .expect("ok");
        master::put_customers(&tx, &[(customer.clone(), party)], NOW).await.expect("ok");
        master::put_warehouses(&tx, &[(warehouse.clone(), chrono_tz::Asia::Shanghai)], NOW).await.expect("ok");
        master::put_carriers(&tx, std::slice::from_ref(&carrier), NOW).await.expect("ok");
        master::put_rate_cards(&tx, std::slice::from_ref(&card)).await.expect("ok");
        tx.commit().await.expect("committed");
        let db = world.store.read();
        let products = master::products(db, &["L1".into(), "L1".into(), "L9".into()]).await.expect("read");
        assert_eq!(products.into_values().map(|p| (*p).clone()).collect::<Vec<_>>(), [product]);
        let codes = ["K1".into(), "".into()];
        assert_eq!(*master::customers(db, &codes).await.expect("read")[&codes[0]], customer);
        assert_eq!(master::customer_parties(db, &codes).await.expect("read")[&codes[0]], party);
        assert_eq!(master::warehouses(db, NOW).await.expect("read"), [warehouse]);
        assert_eq!(master::carriers(db).await.expect("read"), [carrier]);
        assert_eq!(master::rate_cards(db).await.expect("read").into_country(&"sf".into(), "CN"), [card]);
    })
    .await;
}

#[tokio::test]
async fn keys_live_until_revoked_or_expired() {
    on_each_database(async |world| {
        let key = ApiKey {
            id: "k1".into(),
            user: "ann".into(),
            role: "clerk".into(),
            channel: Some(Channel::new("web")),
            secret_hash: vec![1; 32],
            created_at: NOW,
            expires_at: Some(NOW.plus(5)),
            revoked_at: None,
        };
        let tx = world.begin().await;
        keys::create(&tx, &key).await.expect("created");
        tx.commit().await.expect("committed");
        let db = world.store.read();
        assert_eq!(keys::by_id(db, "k1").await.expect("read"), Some(key.clone()));
        assert!(key.is_live(NOW) && !key.is_live(NOW.plus(5)));
        let tx = world.begin().await;
        assert!(keys::revoke(&tx, "k1", NOW).await.expect("revoked"));
        assert!(!keys::revoke(&tx, "k1", NOW).await.expect("already"));
        tx.commit().await.expect("committed");
        assert!(!keys::list(db).await.expect("read")[0].is_live(NOW));
    })
    .await;
}

#[tokio::test]
async fn work_is_done_once_and_again_when_scheduled_again() {
    on_each_database(async |world| {
        let job = |key: &str, due| Job { kind: "expire".into(), key: key.into(), due: NOW.plus(due) };
        let tx = world.begin().await;
        work::schedule(&tx, &[job("1", 0), job("2", 9)]).await.expect("scheduled");
        let until = NOW.plus(5);
        assert_eq!(work::claim(&tx, NOW, until, 9).await.expect("claimed"), [job("1", 0)]);
        assert!(work::claim(&tx, NOW, until, 9).await.expect("leased").is_empty());
        // Scheduled again while being done: done does not take it off.
        work::schedule(&tx, &[job("1", 1)]).await.expect("scheduled");
        work::done(&tx, &[job("1", 0)], until).await.expect("done");
        assert_eq!(work::claim(&tx, NOW.plus(1), until, 9).await.expect("claimed"), [job("1", 1)]);
        work::done(&tx, &[job("1", 1)], until).await.expect("done");
        assert_eq!(work::claim(&tx, NOW.plus(20), NOW.plus(30), 9).await.expect("claimed"), [job("2", 9)]);
    })
    .await;
}

#[tokio::test]
async fn a_parcel_nobody_told_us_of_is_parked_and_found_again() {
    on_each_database(async |world| {
        let parcel = Parcel { carrier: "sf".into(), number: "SF1".into() };
        let node = |at, status| TrackingNode {
            at: NOW.plus(at),
            status,
            code: "1".into(),
            text: "到".into(),
            place: "".into(),
        };
        let report = |at, status| NewTracking {
            parcel: parcel.clone(),
            status,
            status_at: NOW.plus(at),
            nodes: vec![node(0, TrackingStatus::PickedUp), node(at, status)],
            document: DocumentId::derived(&[b"d"]),
        };
        let tx = world.begin().await;
        shipments::put(&tx, &[report(9, TrackingStatus::Delivered)], NOW).await.expect("stored");
        let now = shipments::put(&tx, &[report(5, TrackingStatus::InTransit)], NOW).await.expect("stored");
        assert_eq!(now[0].status, TrackingStatus::Delivered, "an older word changes nothing");
        assert_eq!(shipments::nodes(&tx, &parcel).await.expect("read").len(), 3);
        assert_eq!(shipments::parked(&tx, None, 9).await.expect("read").len(), 1);
        let order = OrderId::of("web", "1");
        let link = (parcel.clone(), order, FulfilmentId::of(order, 1, 0));
        let unknown = (Parcel { number: "SF2".into(), ..parcel.clone() }, order, link.2);
        let matched = shipments::link(&tx, &[link.clone(), unknown], NOW).await.expect("linked");
        assert_eq!(matched.iter().map(|s| &s.parcel).collect::<Vec<_>>(), [&parcel]);
        assert!(shipments::link(&tx, std::slice::from_ref(&link), NOW).await.expect("again").is_empty());
        let known = shipments::get(&tx, std::slice::from_ref(&parcel)).await.expect("read");
        assert_eq!((known[0].belongs_to, known[0].status), (Some((order, link.2)), TrackingStatus::Delivered));
        assert!(shipments::parked(&tx, Some(&parcel), 9).await.expect("read").is_empty());
    })
    .await;
}
