//! Quotes: an order that states what was quoted passes, whatever is asked.

use super::{
    book, charge,
    charges::{freight, taxed},
    codes,
    promotions::promotion,
    world_with,
};
use crate::world::{date, item, order, party_ref, price};
use model::{
    facts::{Benefit, Facts, Price, Promotion},
    measure::Quantity,
    money::{Currency, UnitPrice},
    order::state::Order,
    rules::pricing::{PricingPolicy, Quote, audit, quote},
    said::{ChargeKind, Content, PartyRef},
};
use std::sync::Arc;

/// A linear congruential generator (Knuth's MMIX constants), so that what fails fails again.
struct Luck(u64);

impl Luck {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn upon(&mut self, chance: u64) -> bool {
        self.below(chance) == 0
    }
}

fn random_promotion(luck: &mut Luck, no: u64) -> Promotion {
    let benefit = match luck.below(3) {
        0 => Benefit::Percent(luck.one(&[33_333, 50_000, 100_000, 1_000_000])),
        1 => Benefit::Amount(luck.one(&[1, 9_99, 50_00, 1_000_00])),
        _ => Benefit::BuyGet { buy: luck.one(&[1, 3]), get: 1 },
    };
    Promotion {
        currency: Some(Currency::CNY),
        skus: if luck.upon(2) { vec![luck.one(&["L1", "L2", "L3"]).into()] } else { vec![] },
        groups: if luck.upon(4) { vec!["dealer".into()] } else { vec![] },
        valid_to: luck.upon(6).then(|| date(2026, 3, 1)),
        min_amount: luck.one(&[0, 0, 500_00]),
        stackable: luck.upon(2),
        priority: luck.one(&[0, 0, 5]),
        ..promotion(&format!("P{no}"), benefit)
    }
}

fn random_facts(luck: &mut Luck) -> Facts {
    let rules = vec![
        freight("remote", &["西藏", "新疆"], "", None, 60_00),
        freight("dealer", &[], "dealer", Some(200_00), 20_00),
        freight("standard", &["上海"], "", Some(300_00), 15_00),
    ];
    let mut facts = world_with(PricingPolicy { freight: rules, ..taxed(luck.one(&["", "freight"])) });
    for product in facts.products.values_mut() {
        // Nobody knows what it costs us, so that no promotion is a loss.
        Arc::make_mut(product).cost_currency = None;
    }
    for sku in ["L1", "L2", "L3"] {
        let list = luck.one(&["100", "0.05", "19.99", "7.333333"]);
        let mut rows = vec![price(sku, "", 0, list), price(sku, "", 10, "6.66"), price(sku, "dealer", 0, "5.01")];
        if luck.upon(2) {
            let by_box = |row: Price| Price { unit: "box".into(), ..row };
            rows = vec![by_box(price(sku, "", 0, "1000")), by_box(price(sku, "dealer", 0, "99.99"))];
        }
        book(&mut facts, sku, rows);
    }
    let promotions = (0..luck.below(5)).map(|no| random_promotion(luck, no)).collect();
    Arc::get_mut(&mut facts.world).expect("not shared").promotions = promotions;
    facts
}

fn random_wish(luck: &mut Luck) -> Content<PartyRef> {
    let items = (0..=luck.below(5)).map(|no| {
        let mut item = item(&no.to_string(), luck.one(&["L1", "L2", "L3"]), luck.one(&[1, 2, 7, 24, 1_000_000]), "1");
        item.unit = luck.one(&["", "pcs", "box"]).into();
        item
    });
    let mut wish = order(items.collect()).content();
    wish.header.customer = luck.one(&["", "K1"]).into();
    wish.header.taxes_included = luck.upon(2);
    wish.header.ship_to = Some(party_ref("to", luck.one(&["上海市", "西藏自治区", "广东省"]), "x"));
    if luck.upon(5) {
        wish.header.ship_to.as_mut().and_then(|to| to.destination.as_mut()).expect("a place").country = "FR".into();
    }
    wish
}

/// The order that states what was quoted.
fn stated(quote: &Quote) -> Order {
    let mut order = order(quote.content.items.clone());
    for line in &mut order.lines {
        let pieces = if line.item.unit == "box" { 12 } else { 1 };
        line.counters.ordered = Quantity(line.item.quantity.0 * pieces);
        line.counters.open = line.counters.ordered;
    }
    order.header = quote.content.header.clone();
    order
}

#[test]
fn an_order_that_states_what_was_quoted_passes() {
    let mut luck = Luck(20_261_125);
    let (mut granted, mut carried, mut taxed) = (0, 0, 0);
    for round in 0..2_000 {
        let facts = random_facts(&mut luck);
        let wish = random_wish(&mut luck);
        let quoted = quote(&"web".into(), wish, &facts).expect("all is known");
        let seen = audit(&stated(&quoted), &facts);
        assert_eq!(codes(&seen), [], "round {round}: {quoted:#?}");
        assert!(seen.lines.iter().all(|line| line.difference == 0), "round {round}: {:?}", seen.lines);
        assert_eq!(seen.goods - seen.discount, seen.goods_expected, "round {round}");
        assert_eq!((seen.freight, seen.tax), (seen.freight_expected, seen.tax_expected), "round {round}");
        assert_eq!(seen, quoted.audit, "round {round}");
        assert!(quoted.content.items.iter().all(|item| item.discount >= 0), "round {round}: {quoted:#?}");
        granted += u32::from(seen.discount > 0);
        carried += u32::from(seen.freight > 0);
        taxed += u32::from(seen.tax > 0);
    }
    assert!(granted > 400 && carried > 400 && taxed > 400, "{granted} {carried} {taxed}");
}

#[test]
fn of_the_promotions_those_that_save_most_are_granted() {
    let mut facts = world_with(super::strict());
    let stack = |code, ppm| Promotion { stackable: true, ..promotion(code, Benefit::Percent(ppm)) };
    let over = Promotion { valid_to: Some(date(2026, 3, 1)), ..promotion("OVER", Benefit::Percent(500_000)) };
    let promotions = vec![stack("A", 100_000), stack("B", 50_000), promotion("C", Benefit::Percent(120_000)), over];
    Arc::get_mut(&mut facts.world).expect("not shared").promotions = promotions;
    let wish = order(vec![item("1", "L1", 2, "1"), item("2", "L2", 1, "1")]).content();
    let quoted = quote(&"web".into(), wish, &facts).expect("all is known");
    let lines: Vec<_> = quoted.content.items.iter().map(|item| (item.unit_price, item.discount)).collect();
    let hundred = UnitPrice::parse("100").expect("a price");
    assert_eq!(lines, [(Some(hundred), 30_00), (Some(UnitPrice(hundred.0 * 2)), 30_00)]);
    let of_promotions = quoted.notes.iter().filter(|note| note.code.starts_with("promotion"));
    let notes: Vec<_> = of_promotions.map(|note| (note.code.as_str(), note.args["promotion"].as_str())).collect();
    let told = [
        ("promotion_expired", "OVER"),
        ("promotion_applied", "A"),
        ("promotion_applied", "B"),
        ("promotion_outdone", "C"),
    ];
    assert_eq!(notes, told);
    let mut order = stated(&quoted);
    order.lines[0].item.discount += 1;
    assert!(!codes(&audit(&order, &facts)).is_empty(), "one fen more is a difference");
}

#[test]
fn what_the_document_says_of_prices_does_not_count() {
    let facts = world_with(taxed(""));
    let plain = order(vec![item("1", "L1", 1, "1")]).content();
    let mut wish = plain.clone();
    wish.items[0].discount = 77;
    wish.items[0].unit_price = None;
    wish.header.charges = vec![charge(ChargeKind::Other, 5_00)];
    wish.header.claimed.total = Some(1);
    assert_eq!(quote(&"web".into(), wish, &facts), quote(&"web".into(), plain, &facts));
}

#[test]
fn what_is_not_known_has_no_quote() {
    let mut facts = world_with(super::strict());
    facts.prices.remove("L3");
    let wish = |change: fn(&mut Content<PartyRef>)| {
        let mut wish = order(vec![item("1", "L1", 1, "1"), item("2", "L2", 1, "1")]).content();
        change(&mut wish);
        quote(&"web".into(), wish, &facts).map_err(|e| (e.code, e.item)).map(|_| ())
    };
    assert_eq!(wish(|_| ()), Ok(()));
    assert_eq!(wish(|w| w.items.clear()), Err(("no_lines", None)));
    assert_eq!(wish(|w| w.header.customer = "K9".into()), Err(("unknown_customer", None)));
    assert_eq!(wish(|w| w.items[1].sku = "L9".into()), Err(("unknown_sku", Some(1))));
    assert_eq!(wish(|w| w.items[1].unit = "pallet".into()), Err(("unknown_unit", Some(1))));
    assert_eq!(wish(|w| w.items[1].quantity = Quantity(0)), Err(("quantity_not_positive", Some(1))));
    assert_eq!(wish(|w| w.items[1].sku = "L3".into()), Err(("no_price", Some(1))));
    assert_eq!(wish(|w| w.header.currency = Currency::USD), Err(("no_price", Some(0))));
    let elsewhere = quote(&"nowhere".into(), order(vec![item("1", "L1", 1, "1")]).content(), &facts);
    assert_eq!(elsewhere.map_err(|e| e.code).map(|_| ()), Err("unknown_channel"));
}
