//! What a condition sees of an order: plain values, read once per order and borrowed for all rows.

use crate::{
    facts::{Facts, Tier},
    money::{Currency, MICRO, Money, round_half_up},
    order::state::{Line, Order},
    rules::{
        approval::is_cancelled,
        pricing::order_total,
        pricing::{LineAudit, PriceAudit},
    },
    said::{ChargeKind, OrderKind, PaymentMethod, PaymentState},
};

pub(super) const KINDS: [&str; 3] = ["regular", "custom", "strategic"];
pub(super) const TIERS: [&str; 3] = ["regular", "key", "strategic"];
pub(super) const PAYMENT_METHODS: [&str; 4] = ["prepaid", "on_delivery", "instalments", "on_account"];
pub(super) const PAYMENT_STATES: [&str; 8] =
    ["unknown", "pending", "authorized", "partly_paid", "paid", "partly_refunded", "refunded", "voided"];

/// One order as a condition sees it. Shares are parts per million.
#[derive(Clone, PartialEq, Debug)]
pub struct View<'a> {
    pub kind: &'static str,
    pub channel: &'a str,
    /// Empty for a private buyer.
    pub customer: &'a str,
    /// `regular` when the customer is not known.
    pub tier: &'static str,
    /// The customer's price group, else the channel's; may be empty.
    pub group: &'a str,
    pub currency: Currency,
    pub total: Money,
    /// All discounts, of the lines and of the order, as a share of the goods before discount.
    pub discount_ppm: i64,
    /// `None`: the cost of some line is not known.
    pub margin_ppm: Option<i64>,
    pub payment_method: &'static str,
    pub payment_state: &'static str,
    /// Empty when nothing is to be shipped or the document does not say.
    pub country: &'a str,
    pub region: &'a str,
    pub city: &'a str,
    /// The price audit found a difference outside its tolerance.
    pub price_difference: bool,
    /// Lines that were not wholly cancelled.
    pub lines: Vec<LineView<'a>>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct LineView<'a> {
    pub sku: &'a str,
    /// Empty when the sku is not known.
    pub category: &'a str,
    /// Base units, a part of one counted as one.
    pub quantity: i64,
    /// After the line's own discount.
    pub net: Money,
    /// The line's own discount as a share of its price.
    pub discount_ppm: i64,
    /// It has a specification.
    pub custom: bool,
}

impl<'a> View<'a> {
    pub fn of(order: &'a Order, facts: &'a Facts) -> Self {
        let header = &order.header;
        let customer = facts.customers.get(&header.customer);
        let group = customer.map(|c| &c.group).or_else(|| facts.world.channels.get(&order.channel).map(|c| &c.group));
        let destination = header.ship_to.as_ref().and_then(|party| party.destination.as_ref());
        let alive: Vec<&Line> = order.active().filter(|line| !is_cancelled(line)).collect();
        Self {
            kind: kind(header.kind),
            channel: order.channel.as_str(),
            customer: header.customer.as_str(),
            tier: tier(customer.map(|c| c.tier).unwrap_or_default()),
            group: group.map_or("", |code| code.as_str()),
            currency: header.currency,
            total: order_total(order),
            discount_ppm: discount_ppm(order, &alive),
            margin_ppm: order.audit.as_ref().and_then(|audit| audit.margin_ppm),
            payment_method: payment_method(header.payment.method),
            payment_state: payment_state(header.payment.state),
            country: destination.map_or("", |d| &d.country),
            region: destination.map_or("", |d| &d.region),
            city: destination.map_or("", |d| &d.city),
            price_difference: order.audit.as_ref().is_some_and(|audit| !audit.differences.is_empty()),
            lines: alive.into_iter().map(|line| line_view(line, order, facts)).collect(),
        }
    }
}

fn line_view<'a>(line: &'a Line, order: &'a Order, facts: &'a Facts) -> LineView<'a> {
    let gross = gross(line, order);
    let net = audited(line, order.audit.as_ref()).map_or(gross.saturating_sub(line.item.discount), |audit| audit.net);
    let ordered = if line.counters.ordered.is_zero() { line.item.quantity } else { line.counters.ordered };
    LineView {
        sku: line.item.sku.as_str(),
        category: facts.products.get(&line.item.sku).map_or("", |product| &product.category),
        quantity: ordered.0 / MICRO + i64::from(ordered.0 % MICRO > 0),
        net: Money::new(net, order.currency()),
        discount_ppm: share_ppm(line.item.discount, gross),
        custom: !line.item.specification.is_empty(),
    }
}

fn audited<'a>(line: &Line, audit: Option<&'a PriceAudit>) -> Option<&'a LineAudit> {
    audit.and_then(|audit| audit.lines.iter().find(|judged| judged.line == line.no))
}

/// Price times quantity before discount, minor units; the audited price when the document leaves it to us.
fn gross(line: &Line, order: &Order) -> i64 {
    let price = line.item.unit_price.or_else(|| audited(line, order.audit.as_ref()).map(|judged| judged.charged));
    price.unwrap_or_default().times(line.item.quantity, order.currency()).minor
}

fn discount_ppm(order: &Order, lines: &[&Line]) -> i64 {
    let gross = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(gross(line, order)));
    let on_lines = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.item.discount));
    let charges = order.header.charges.iter().filter(|charge| charge.kind == ChargeKind::Discount);
    let on_order = charges.fold(0_i64, |sum, charge| sum.saturating_add(charge.amount));
    share_ppm(on_lines.saturating_add(on_order), gross)
}

/// `part / whole` in parts per million; a discount on nothing is the whole of it.
fn share_ppm(part: i64, whole: i64) -> i64 {
    match (part, whole) {
        (0, _) => 0,
        (_, ..=0) => MICRO,
        (part, whole) => round_half_up(i128::from(part) * i128::from(MICRO), i128::from(whole)),
    }
}

pub(crate) fn kind(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Regular => "regular",
        OrderKind::Custom => "custom",
        OrderKind::Strategic => "strategic",
    }
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Regular => "regular",
        Tier::Key => "key",
        Tier::Strategic => "strategic",
    }
}

pub(crate) fn payment_method(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Prepaid => "prepaid",
        PaymentMethod::OnDelivery => "on_delivery",
        PaymentMethod::Instalments => "instalments",
        PaymentMethod::OnAccount => "on_account",
    }
}

fn payment_state(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Unknown => "unknown",
        PaymentState::Pending => "pending",
        PaymentState::Authorized => "authorized",
        PaymentState::PartlyPaid => "partly_paid",
        PaymentState::Paid => "paid",
        PaymentState::PartlyRefunded => "partly_refunded",
        PaymentState::Refunded => "refunded",
        PaymentState::Voided => "voided",
    }
}
