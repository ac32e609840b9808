//! A small world that the tests share: two warehouses in China, two carriers, a few lamps.

use chrono::NaiveDate;
use model::{
    codes::{Customer, Sku, Warehouse},
    facts::*,
    ids::{OrderId, PartyId},
    measure::{Quantity, Size, UnitFactor},
    money::{Currency, UnitPrice},
    order::{
        event::Actor,
        state::{Approval, Counters, Decision, Line, Order, Stage},
    },
    party::{Completeness, Destination},
    said::*,
    time::{Instant, SourceTime},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// 2026-03-02 10:00 in Shanghai, a Monday.
pub(crate) const NOW: Instant = Instant(1_772_416_800_000_000);

pub(crate) fn date(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).expect("a date")
}

pub(crate) fn destination(region: &str, city: &str) -> Destination {
    Destination {
        country: "CN".into(),
        region: region.into(),
        city: city.into(),
        district: String::new(),
        postcode: String::new(),
    }
}

pub(crate) fn party_ref(name: &str, region: &str, city: &str) -> PartyRef {
    PartyRef {
        id: PartyId::derived(&[name.as_bytes()]),
        likeness: uuid::Uuid::nil(),
        complete: Completeness { name: true, phone: true, email: true, street: true },
        destination: Some(destination(region, city)),
    }
}

pub(crate) fn item(key: &str, sku: &str, quantity: i64, price: &str) -> Item {
    Item {
        key: key.into(),
        sku: Sku::new(sku),
        title: sku.into(),
        quantity: Quantity::whole(quantity),
        unit: "".into(),
        unit_price: Some(UnitPrice::parse(price).expect("a price")),
        discount: 0,
        tax: None,
        total: None,
        ships: true,
        specification: vec![],
    }
}

pub(crate) fn content(items: Vec<Item>) -> Content<PartyRef> {
    Content {
        header: Header {
            number: "#1001".into(),
            kind: OrderKind::Regular,
            placed_at: SourceTime { at: NOW, offset: 480 },
            currency: Currency::CNY,
            customer: "".into(),
            buyer: Some(party_ref("buyer", "上海市", "上海市")),
            ship_to: Some(party_ref("buyer", "上海市", "上海市")),
            bill_to: None,
            reference: String::new(),
            charges: vec![],
            claimed: Claimed::default(),
            taxes_included: true,
            payment: Payment {
                method: PaymentMethod::Prepaid,
                state: PaymentState::Paid,
                label: String::new(),
                due: None,
            },
            wished: None,
            desk: String::new(),
            attributes: BTreeMap::new(),
        },
        items,
    }
}

/// An order just placed, its lines understood as whole pieces.
pub(crate) fn order(items: Vec<Item>) -> Order {
    let content = content(items);
    Order {
        id: OrderId::of("web", "1001"),
        channel: "web".into(),
        external_id: "1001".into(),
        creator: Actor::Channel { channel: "web".into() },
        amended_by: vec![],
        refunds: vec![],
        lines: content
            .items
            .iter()
            .enumerate()
            .map(|(i, item)| Line {
                no: i as u32 + 1,
                base_unit: "pcs".into(),
                counters: Counters { ordered: item.quantity, open: item.quantity, ..Counters::default() },
                item: item.clone(),
                removed: false,
            })
            .collect(),
        header: content.header,
        decision: Decision::Open { stage: Stage::Checks },
        holds: vec![],
        accepted: vec![],
        audit: None,
        priority: 0,
        approval: Approval::Unasked,
        rounds: 0,
        fulfilments: vec![],
        told: false,
        events: 1,
    }
}

pub(crate) fn product(sku: &str, weight_g: i64) -> Arc<Product> {
    Arc::new(Product {
        sku: Sku::new(sku),
        name: format!("灯 {sku}"),
        name_en: format!("Lamp {sku}"),
        category: "lamp".into(),
        active: true,
        base_unit: "pcs".into(),
        units: vec![UnitFactor { unit: "box".into(), num: 12, den: 1 }],
        weight_g,
        size: Size { length_mm: 200, width_mm: 200, height_mm: 300 },
        unit_cost: UnitPrice::parse("40").expect("a cost"),
        cost_currency: Some(Currency::CNY),
        tax_class: "standard".into(),
    })
}

pub(crate) fn price(sku: &str, group: &str, from: i64, price: &str) -> Price {
    Price {
        sku: Sku::new(sku),
        unit: "pcs".into(),
        currency: Currency::CNY,
        customer: "".into(),
        group: group.into(),
        channel: "".into(),
        min_quantity: Quantity::whole(from),
        unit_price: UnitPrice::parse(price).expect("a price"),
        valid_from: None,
        valid_to: None,
    }
}

pub(crate) fn warehouse(code: &str, region: &str, city: &str, latitude: i64, longitude: i64) -> WarehouseFacts {
    WarehouseFacts {
        code: code.into(),
        name: code.into(),
        country: "CN".into(),
        region: region.into(),
        city: city.into(),
        postcode: String::new(),
        latitude,
        longitude,
        offset_minutes: 480,
        cutoff_minute: 16 * 60,
        daily_capacity: 0,
        planned_today: 0,
        active: true,
    }
}

pub(crate) fn rate(carrier: &str, service: &str, region: &str, first: i64, step: i64, days: (i32, i32)) -> RateCard {
    RateCard {
        carrier: carrier.into(),
        service: service.into(),
        warehouse: "*".into(),
        country: "CN".into(),
        region: region.into(),
        city: "*".into(),
        zone: region.to_string(),
        currency: Currency::CNY,
        first_g: 1000,
        first_price: first,
        step_g: 1000,
        step_price: step,
        volumetric_divisor: 6000,
        max_weight_g: 0,
        min_days: days.0,
        max_days: days.1,
    }
}

pub(crate) fn stock(on_hand: i64) -> StockLevel {
    StockLevel { on_hand: Quantity::whole(on_hand), ..StockLevel::default() }
}

/// Warehouses SH (Shanghai) and GZ (Guangzhou); carriers `sf` (dear, fast) and `yto` (cheap, slow); skus L1, L2, L3 at
/// 100.00, 200.00, 300.00 with stock 10 in SH and 100 in GZ.
pub(crate) fn facts(policies: Arc<model::rules::policy::Policies>) -> Facts {
    let world = World {
        company: Company { base_currency: Currency::CNY, offset_minutes: 480 },
        channels: HashMap::from([("web".into(), ChannelFacts { group: "".into(), country: "CN".into() })]),
        warehouses: vec![
            warehouse("SH", "上海市", "上海市", 31_230_000, 121_470_000),
            warehouse("GZ", "广东省", "广州市", 23_130_000, 113_260_000),
        ],
        carriers: vec![
            CarrierFacts { code: "sf".into(), name: "SF".into(), on_time_ppm: 980_000, active: true },
            CarrierFacts { code: "yto".into(), name: "YTO".into(), on_time_ppm: 930_000, active: true },
        ],
        rate_cards: RateCards::new([
            rate("sf", "express", "*", 2000, 800, (1, 2)),
            rate("yto", "standard", "*", 800, 200, (2, 4)),
        ]),
        promotions: vec![],
        transits: Default::default(),
        reorder_points: Default::default(),
        policies,
    };
    let skus = [("L1", "100"), ("L2", "200"), ("L3", "300")];
    let warehouse = |code: &str| Warehouse::new(code);
    Facts {
        now: NOW,
        world: Arc::new(world),
        products: skus.iter().map(|(sku, _)| (Sku::new(sku), product(sku, 1200))).collect(),
        prices: skus.iter().map(|(sku, p)| (Sku::new(sku), Arc::new(vec![price(sku, "", 0, p)]))).collect(),
        customers: HashMap::from([(
            Customer::new("K1"),
            Arc::new(CustomerFacts {
                code: "K1".into(),
                group: "dealer".into(),
                tier: Tier::Key,
                currency: Currency::CNY,
                credit_limit: 100_000_000,
                payment_days: 30,
                active: true,
            }),
        )]),
        stock: skus
            .iter()
            .flat_map(|(sku, _)| {
                [((Sku::new(sku), warehouse("SH")), stock(10)), ((Sku::new(sku), warehouse("GZ")), stock(100))]
            })
            .collect(),
        alike: HashMap::new(),
        similar: HashMap::new(),
    }
}
