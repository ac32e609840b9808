//! Master data as JSON with the names of the import's columns, so that what was read can be sent back.

use crate::store::master::lists::ZonedWarehouse;
use model::{
    codes::Code,
    facts::{Benefit, CarrierFacts, CustomerFacts, Price, Product, Promotion, RateCard},
    measure::{Quantity, UnitFactor},
    money::{Currency, Money},
    party::{Address, Party},
};
use serde_json::{Value, json};

pub fn product(p: &Product) -> Value {
    json!({
        "sku": p.sku,
        "name": p.name,
        "name_en": p.name_en,
        "category": p.category,
        "active": p.active,
        "base_unit": p.base_unit,
        "units": p.units.iter().map(unit).collect::<Vec<_>>().join(";"),
        "weight_g": p.weight_g,
        "length_mm": p.size.length_mm,
        "width_mm": p.size.width_mm,
        "height_mm": p.size.height_mm,
        "unit_cost": p.unit_cost.decimal(),
        "cost_currency": p.cost_currency,
        "tax_class": p.tax_class,
    })
}

fn unit(factor: &UnitFactor) -> String {
    format!("{}={}/{}", factor.unit, factor.num, factor.den)
}

pub fn price(p: &Price) -> Value {
    json!({
        "sku": p.sku,
        "unit": p.unit,
        "currency": p.currency,
        "customer": p.customer,
        "customer_group": p.group,
        "channel": p.channel,
        "min_quantity": p.min_quantity.decimal(),
        "unit_price": p.unit_price.decimal(),
        "valid_from": p.valid_from,
        "valid_to": p.valid_to,
    })
}

/// `party` is who the customer is; `None` once erased.
pub fn customer(c: &CustomerFacts, party: Option<&Party>) -> Value {
    let nobody = Party::default();
    let who = party.unwrap_or(&nobody);
    let nowhere = Address::default();
    let address = who.address.as_ref().unwrap_or(&nowhere);
    json!({
        "code": c.code,
        "name": who.company,
        "contact": who.name,
        "phone": who.phones.first(),
        "email": who.emails.first(),
        "country": address.country,
        "region": address.region,
        "city": address.city,
        "district": address.district,
        "street": address.street,
        "postcode": address.postcode,
        "customer_group": c.group,
        "tier": c.tier,
        "currency": c.currency,
        "credit_limit": Money::new(c.credit_limit, c.currency).decimal(),
        "payment_days": c.payment_days,
        "active": c.active,
    })
}

pub fn warehouse(w: &ZonedWarehouse) -> Value {
    let (w, zone) = (&w.facts, &w.zone);
    json!({
        "code": w.code,
        "name": w.name,
        "country": w.country,
        "region": w.region,
        "city": w.city,
        "postcode": w.postcode,
        "latitude": w.latitude,
        "longitude": w.longitude,
        "zone": zone,
        "cutoff_minute": w.cutoff_minute,
        "daily_capacity": w.daily_capacity,
        "active": w.active,
    })
}

pub fn carrier(c: &CarrierFacts) -> Value {
    json!({ "code": c.code, "name": c.name, "on_time_ppm": c.on_time_ppm, "active": c.active })
}

pub fn rate_card(c: &RateCard) -> Value {
    let money = |minor| Money::new(minor, c.currency).decimal();
    json!({
        "carrier": c.carrier,
        "service": c.service,
        "warehouse": c.warehouse,
        "country": c.country,
        "region": c.region,
        "city": c.city,
        "zone": c.zone,
        "currency": c.currency,
        "first_g": c.first_g,
        "first_price": money(c.first_price),
        "step_g": c.step_g,
        "step_price": money(c.step_price),
        "volumetric_divisor": c.volumetric_divisor,
        "max_weight_g": c.max_weight_g,
        "min_days": c.min_days,
        "max_days": c.max_days,
    })
}

pub fn promotion(p: &Promotion) -> Value {
    let money = |minor| Money::new(minor, p.currency.unwrap_or(Currency::CNY)).decimal();
    let (kind, value, buy, get) = match p.benefit {
        // 1 % is 10000 ppm, and quantities have six decimals.
        Benefit::Percent(ppm) => ("percent", Some(Quantity(ppm.saturating_mul(100)).decimal()), None, None),
        Benefit::Amount(minor) => ("amount", Some(money(minor)), None, None),
        Benefit::BuyGet { buy, get } => ("buy_n_get_m", None, Some(buy), Some(get)),
    };
    json!({
        "code": p.code,
        "name": p.name,
        "kind": kind,
        "value": value,
        "currency": p.currency,
        "buy": buy,
        "get": get,
        "skus": joined(&p.skus),
        "category": p.category,
        "channels": joined(&p.channels),
        "customer_groups": joined(&p.groups),
        "valid_from": p.valid_from,
        "valid_to": p.valid_to,
        "min_amount": (p.min_amount != 0).then(|| money(p.min_amount)),
        "min_quantity": p.min_quantity.decimal(),
        "stackable": p.stackable,
        "priority": p.priority,
    })
}

fn joined<K>(codes: &[Code<K>]) -> String {
    codes.iter().map(Code::as_str).collect::<Vec<_>>().join(";")
}
