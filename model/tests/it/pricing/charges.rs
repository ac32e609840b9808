//! Freight, tax and margin.

use super::{book, charge, codes, noted, strict, world_with};
use crate::world::{self, item, order, price};
use model::{
    money::{Currency, UnitPrice},
    rules::pricing::{FreightRule, PricingPolicy, TaxRate, audit},
    said::ChargeKind,
};
use std::sync::Arc;

pub(super) fn freight(name: &str, regions: &[&str], group: &str, free_from: Option<i64>, amount: i64) -> FreightRule {
    FreightRule {
        name: name.into(),
        countries: vec!["CN".into()],
        regions: regions.iter().map(|&r| r.to_owned()).collect(),
        group: group.into(),
        free_from,
        amount,
        currency: Currency::CNY,
    }
}

#[test]
fn freight_follows_the_first_rule_that_fits() {
    let rules = vec![
        FreightRule { countries: vec!["DE".into()], ..freight("germany", &[], "", None, 99_00) },
        freight("remote", &["西藏", "新疆"], "", None, 60_00),
        freight("dealer", &[], "dealer", Some(200_00), 20_00),
        freight("standard", &[], "", Some(300_00), 15_00),
    ];
    let facts = world_with(PricingPolicy { freight: rules, ..strict() });
    // region, customer, lamps, charged -> rule, expected
    let cases = [
        ("上海市", "", 1, 15_00, "standard", 15_00),
        ("上海市", "", 2, 15_00, "standard", 15_00),
        ("上海市", "", 3, 0, "standard", 0),
        ("上海市", "", 3, 15_00, "standard", 0),
        ("上海市", "K1", 1, 20_00, "dealer", 20_00),
        ("上海市", "K1", 2, 0, "dealer", 0),
        ("西藏自治区", "K1", 9, 60_00, "remote", 60_00),
        ("新疆", "", 9, 0, "remote", 60_00),
    ];
    for (region, customer, lamps, charged, rule, due) in cases {
        let mut order = order(vec![item("1", "L1", lamps, "100")]);
        order.header.customer = customer.into();
        order.header.ship_to = Some(world::party_ref("to", region, "x"));
        order.header.charges = vec![charge(ChargeKind::Shipping, charged)];
        let audit = audit(&order, &facts);
        assert_eq!((audit.freight_rule.as_str(), audit.freight_expected), (rule, due), "{region} {customer} {lamps}");
        let differs = audit.differences.iter().any(|d| d.code == "freight_differs");
        assert_eq!(differs, charged != due, "{region} {customer} {lamps}");
    }
}

#[test]
fn freight_that_no_rule_speaks_about_is_not_judged() {
    let foreign = FreightRule { currency: Currency::EUR, ..freight("in euro", &[], "", None, 9_00) };
    let facts = world_with(PricingPolicy { freight: vec![foreign], ..strict() });
    let mut order = order(vec![item("1", "L1", 1, "100")]);
    order.header.charges = vec![charge(ChargeKind::Shipping, 12_34)];
    let judged = audit(&order, &facts);
    assert_eq!((judged.freight_expected, judged.freight_rule.as_str(), codes(&judged)), (12_34, "", vec![]));
    assert_eq!(noted(&judged)[..2], ["freight_rule_other_currency", "no_freight_rule"]);
    order.lines[0].item.ships = false;
    assert_eq!(codes(&audit(&order, &facts)), [("freight_differs", None)], "nothing is carried, nothing is due");
}

pub(super) fn taxed(freight_class: &str) -> PricingPolicy {
    let rate = |class: &str, country: &str, ppm| TaxRate { class: class.into(), country: country.into(), ppm };
    let mut policy = strict();
    policy.tax.rates =
        vec![rate("standard", "DE", 190_000), rate("standard", "CN", 130_000), rate("freight", "CN", 90_000)];
    policy.tax.freight_class = freight_class.into();
    policy
}

#[test]
fn tax_is_in_the_prices_or_on_top() {
    // included, freight class, stated tax -> expected, differs; goods 113.00, freight 10.90
    let cases = [
        (true, "", Some(13_00), 13_00, false),
        (true, "", Some(13_01), 13_00, false),
        (true, "", Some(13_02), 13_00, true),
        (true, "freight", Some(13_90), 13_90, false),
        (false, "", Some(14_69), 14_69, false),
        (false, "freight", Some(15_67), 15_67, false),
        (false, "", Some(0), 14_69, true),
        (false, "", None, 14_69, true),
        (true, "", None, 0, false),
        (true, "reduced", Some(1), 1, false),
    ];
    for (included, class, stated, due, differs) in cases {
        let mut facts = world_with(taxed(class));
        book(&mut facts, "L1", vec![price("L1", "", 0, "113")]);
        let mut order = order(vec![item("1", "L1", 1, "113")]);
        order.header.taxes_included = included;
        order.header.charges = vec![charge(ChargeKind::Shipping, 10_90)];
        order.header.charges.extend(stated.map(|tax| charge(ChargeKind::Tax, tax)));
        let audit = audit(&order, &facts);
        assert_eq!(audit.tax_expected, due, "{included} {class} {stated:?}");
        let found: Vec<_> = audit.differences.iter().map(|d| d.code.as_str()).collect();
        assert_eq!(found, if differs { vec!["tax_differs"] } else { vec![] }, "{included} {class} {stated:?}");
        let added = if included { 0 } else { stated.unwrap_or(0) };
        assert_eq!(audit.total, 123_90 + added);
    }
}

#[test]
fn tax_that_cannot_be_judged_says_why() {
    let mut order = order(vec![item("1", "L1", 1, "100")]);
    order.lines[0].item.tax = Some(1_00);
    let mut unchecked = taxed("");
    unchecked.tax.channels.insert("web".into(), false);
    let seen = audit(&order, &world_with(unchecked));
    assert_eq!((codes(&seen), noted(&seen)), (vec![], vec!["tax_not_checked"]));
    let mut checked = taxed("");
    checked.tax.checked = false;
    checked.tax.channels.insert("web".into(), true);
    assert_eq!(codes(&audit(&order, &world_with(checked))), [("tax_differs", None)]);
    order.header.ship_to.as_mut().and_then(|to| to.destination.as_mut()).expect("a place").country = "FR".into();
    let seen = audit(&order, &world_with(taxed("")));
    assert_eq!((codes(&seen), noted(&seen)), (vec![], vec!["tax_rate_unknown"]));
}

#[test]
fn goods_below_their_margin_are_a_difference() {
    // charged for a lamp that costs 40, least margin, tax in prices -> margin, what it would have to bring
    let cases = [
        ("100", 0, false, Some(600_000), None),
        ("40", 0, false, Some(0), None),
        ("39.99", 0, false, Some(-250), Some(40_00)),
        ("50", 200_000, false, Some(200_000), None),
        ("49", 200_000, false, Some(183_673), Some(50_00)),
        ("45.2", 0, true, Some(0), None),
        ("45.1", 0, true, Some(-2_255), Some(40_00)),
        ("30", -500_000, false, Some(-333_333), None),
        ("0", 0, false, None, Some(40_00)),
        ("100", 2_000_000, false, Some(600_000), Some(i64::MAX)),
    ];
    for (charged, min_margin_ppm, included, margin, needed) in cases {
        let mut facts = world_with(PricingPolicy { min_margin_ppm, ..taxed("") });
        book(&mut facts, "L1", vec![price("L1", "", 0, charged)]);
        let mut order = order(vec![item("1", "L1", 1, charged)]);
        order.header.taxes_included = included;
        let audit = audit(&order, &facts);
        assert_eq!(audit.margin_ppm, margin, "{charged} {min_margin_ppm}");
        let found = audit.differences.iter().find(|d| d.code == "below_cost").map(|d| d.expected);
        assert_eq!(found, needed, "{charged} {min_margin_ppm}");
    }
}

#[test]
fn a_margin_needs_every_cost_in_the_orders_currency() {
    let mut facts = world_with(strict());
    let mut dear = (*world::product("L2", 1)).clone();
    dear.cost_currency = Some(Currency::USD);
    facts.products.insert("L2".into(), Arc::new(dear.clone()));
    let order = order(vec![item("1", "L1", 1, "100"), item("2", "L2", 1, "200")]);
    let seen = audit(&order, &facts);
    assert_eq!((seen.margin_ppm, noted(&seen)), (None, vec!["tax_rate_unknown", "cost_other_currency"]));
    (dear.cost_currency, dear.unit_cost) = (Some(Currency::CNY), UnitPrice(0));
    facts.products.insert("L2".into(), Arc::new(dear));
    let seen = audit(&order, &facts);
    assert_eq!((seen.margin_ppm, noted(&seen)), (None, vec!["tax_rate_unknown", "cost_unknown"]));
}
