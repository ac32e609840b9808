//! Shopify orders as a shop would send them: 8 KB, three lines, unique, signed, ready to be written to a socket.

use anyhow::Result;
use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// Articles in the price book.
pub(crate) const SKUS: usize = 10_000;
const LINES: usize = 3;
/// Exponent of how orders spread over articles: the first is in one line of eight.
const ZIPF: f64 = 1.1;
/// Bytes of a document at least; notes fill it up.
const SIZE: usize = 8 * 1024;

pub(crate) fn sku(at: usize) -> String {
    format!("BN-{at:05}")
}

/// Cents of one piece, tax included.
pub(crate) fn price_cents(at: usize) -> i64 {
    500 + (at as i64 % 200) * 25
}

/// Which articles an order has, the same for the same number.
#[derive(Debug)]
pub(crate) struct Taste {
    /// Rising to 1.
    shares: Vec<f64>,
}

impl Taste {
    pub(crate) fn new(skus: usize) -> Self {
        let mut sum = 0.0;
        let mut shares: Vec<f64> = (1..=skus)
            .map(|rank| {
                sum += (rank as f64).powf(-ZIPF);
                sum
            })
            .collect();
        shares.iter_mut().for_each(|share| *share /= sum);
        Self { shares }
    }

    /// Different articles and their quantities.
    pub(crate) fn lines(&self, order: u64) -> Vec<(usize, i64)> {
        let mut dice = order.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut found: Vec<(usize, i64)> = Vec::with_capacity(LINES);
        while found.len() < LINES {
            dice = mix(dice);
            let at = self.shares.partition_point(|share| *share < (dice >> 11) as f64 / (1_u64 << 53) as f64);
            let at = at.min(self.shares.len() - 1);
            if found.iter().all(|(known, _)| *known != at) {
                found.push((at, 1 + (dice % 3) as i64));
            }
        }
        found
    }
}

/// splitmix64: repeatable dice.
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// An amount as Shopify states it beside every plain one.
fn set(cents: i64) -> Value {
    let amount = json!({ "amount": money(cents), "currency_code": "EUR" });
    json!({ "shop_money": amount, "presentment_money": amount })
}

fn line(order: u64, no: usize, at: usize, quantity: i64) -> Value {
    let tax = price_cents(at) * quantity * 21 / 121;
    json!({
        "id": order * 10 + no as u64, "admin_graphql_api_id": format!("gid://shopify/LineItem/{order}{no}"),
        "sku": sku(at), "title": format!("Lamp {at}"), "name": format!("Lamp {at}"), "variant_title": null,
        "vendor": "Lamp House", "product_exists": true, "product_id": at, "variant_id": at,
        "variant_inventory_management": "shopify", "fulfillment_service": "manual",
        "quantity": quantity, "current_quantity": quantity, "fulfillable_quantity": quantity,
        "price": money(price_cents(at)), "price_set": set(price_cents(at)), "total_discount": "0.00",
        "total_discount_set": set(0), "requires_shipping": true, "taxable": true, "gift_card": false, "grams": 400,
        "fulfillment_status": null, "properties": [], "discount_allocations": [], "duties": [],
        "tax_lines": [{ "title": "BTW", "price": money(tax), "rate": 0.21, "price_set": set(tax), "channel_liable": false }]
    })
}

fn address(order: u64) -> Value {
    const CITIES: [(&str, &str, &str); 4] = [
        ("Utrecht", "UT", "3511 AB"),
        ("Amsterdam", "NH", "1012 JS"),
        ("Eindhoven", "NB", "5611 AZ"),
        ("Groningen", "GR", "9711 LM"),
    ];
    let (city, province, zip) = CITIES[(order % CITIES.len() as u64) as usize];
    json!({
        "first_name": "Anna", "last_name": format!("Voorbeeld {order}"), "name": format!("Anna Voorbeeld {order}"),
        "company": null, "address1": format!("Voorbeeldstraat {}", order % 900 + 1), "address2": null, "city": city,
        "zip": zip, "province": province, "province_code": province, "country": "Netherlands", "country_code": "NL",
        "phone": format!("+31 30 555 {:04}", order % 10_000), "latitude": null, "longitude": null
    })
}

/// What the shop charges for delivery, in cents, and how it says so: the rule for Europe in config/policies/pricing.toml.
fn shipping(order: u64, goods: i64) -> (i64, Value) {
    const FREE_FROM: i64 = 6000;
    const CHARGE: i64 = 495;
    if goods >= FREE_FROM {
        return (0, json!([]));
    }
    let line = json!({
        "id": order, "title": "Standaard", "code": "standard", "source": "shopify", "price": money(CHARGE),
        "discounted_price": money(CHARGE), "price_set": set(CHARGE), "discounted_price_set": set(CHARGE), "tax_lines": []
    });
    (CHARGE, json!([line]))
}

/// The document of order `order` as bytes.
pub(crate) fn order_json(taste: &Taste, order: u64) -> Result<Vec<u8>> {
    let lines = taste.lines(order);
    let goods: i64 = lines.iter().map(|(at, quantity)| price_cents(*at) * quantity).sum();
    let items = lines.iter().enumerate().map(|(no, (at, quantity))| line(order, no, *at, *quantity));
    let (freight, shipping) = shipping(order, goods);
    let (subtotal, total, tax) = (money(goods), money(goods + freight), goods * 21 / 121);
    let email = format!("anna.{order}@example.com");
    let mut document = json!({
        "id": order, "admin_graphql_api_id": format!("gid://shopify/Order/{order}"), "app_id": 580_111,
        "browser_ip": "203.0.113.7", "buyer_accepts_marketing": false, "cart_token": null, "checkout_id": order,
        "name": format!("#{order}"), "order_number": order, "number": order, "confirmed": true, "test": false,
        "created_at": "2026-11-20T10:15:30+01:00", "processed_at": "2026-11-20T10:15:30+01:00",
        "updated_at": "2026-11-20T10:15:32+01:00", "cancelled_at": null, "cancel_reason": null, "closed_at": null,
        "currency": "EUR", "presentment_currency": "EUR", "financial_status": "paid", "fulfillment_status": null,
        "client_details": { "accept_language": "nl", "browser_ip": "203.0.113.7", "user_agent": "Mozilla/5.0" },
        "taxes_included": true, "subtotal_price": subtotal, "current_subtotal_price": subtotal, "total_price": total,
        "current_total_price": total, "total_line_items_price": subtotal, "total_discounts": "0.00",
        "subtotal_price_set": set(goods), "total_price_set": set(goods + freight),
        "current_total_price_set": set(goods + freight), "total_shipping_price_set": set(freight),
        "current_subtotal_price_set": set(goods), "total_line_items_price_set": set(goods), "total_tax": money(tax),
        "total_tax_set": set(tax), "current_total_tax_set": set(tax), "total_discounts_set": set(0), "total_weight": 1200,
        "email": email, "contact_email": email, "phone": null, "note": "Graag na 18 uur leveren", "tags": "",
        "source_name": "web", "payment_gateway_names": ["ideal"], "discount_codes": [], "landing_site": "/",
        "tax_lines": [{ "title": "BTW", "price": money(tax), "rate": 0.21, "price_set": set(tax) }],
        "line_items": items.collect::<Vec<_>>(), "shipping_lines": shipping,
        "shipping_address": address(order), "billing_address": address(order),
        "customer": { "id": order, "email": email, "first_name": "Anna", "last_name": format!("Voorbeeld {order}"),
            "state": "disabled", "verified_email": true, "tags": "", "default_address": address(order) },
        "fulfillments": [], "refunds": [], "note_attributes": []
    });
    let missing = SIZE.saturating_sub(serde_json::to_vec(&document)?.len());
    if missing > 0 {
        let text: String = (0..missing.div_ceil(16)).map(|i| format!("{:016x}", mix(order ^ i as u64))).collect();
        document["landing_site"] = format!("/?ref={}", &text[..missing]).into();
    }
    Ok(serde_json::to_vec(&document)?)
}

/// A signed webhook, head and body, as it goes over the wire.
pub(crate) fn webhook(channel: &str, secret: &[u8], topic: &str, body: &[u8]) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)?;
    mac.update(body);
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let mut request = format!(
        "POST /v1/channels/{channel}/webhooks HTTP/1.1\r\nhost: tributary\r\ncontent-type: application/json\r\n\
         x-shopify-topic: {topic}\r\nx-shopify-shop-domain: bench.example\r\nx-shopify-hmac-sha256: {signature}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    Ok(request)
}

/// `count` webhooks of new orders, numbered from `first` on.
pub(crate) fn webhooks(secret: &[u8], first: u64, count: u64) -> Result<Vec<Vec<u8>>> {
    webhooks_of(super::world::CHANNEL, secret, first, count)
}

/// The same for another channel.
pub(crate) fn webhooks_of(channel: &str, secret: &[u8], first: u64, count: u64) -> Result<Vec<Vec<u8>>> {
    let taste = Taste::new(SKUS);
    (first..first + count).map(|n| webhook(channel, secret, "orders/create", &order_json(&taste, n)?)).collect()
}

/// A till's export of `rows` sales, one article each.
pub(crate) fn file(rows: usize) -> Vec<u8> {
    let mut text = "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,\
                    Net Sales,Tax,Transaction ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Dining Option\n"
        .to_owned();
    for row in 0..rows {
        let (at, price) = (row % SKUS, money(price_cents(row % SKUS)));
        text.push_str(&format!(
            "12/27/2025,10:{:02}:{:02},Eastern Time (US & Canada),Lamps,Lamp {at},1.0,Regular,{},,{price},0.00,{price},\
             0.00,T{row},P{row},Till 1,,,Payment,Canal Street,\n",
            row / 60 % 60,
            row % 60,
            sku(at)
        ));
    }
    text.into_bytes()
}
