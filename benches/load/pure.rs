//! T8: one order of three lines decided in memory, from the statement to the release.

use super::{documents, record, world};
use anyhow::{Context as _, Result, anyhow};
use model::{
    codes::{Channel, Sku},
    facts::{ChannelFacts, Company, Facts, RateCards, StockLevel, World},
    ids::{DocumentId, OrderId, PartyId},
    measure::Quantity,
    order::{
        command::Command,
        decide::{Identity, decide},
        event::Actor,
        state::Slot,
        status::{Status, status},
    },
    port::inbound::{Document, Read},
    said::{Content, PartyRef, Statement},
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
    sync::Arc,
};
use tributary::{
    app::ChannelRuntime,
    clock::{Clock, Stopwatch},
    config::Config,
    intake::DocumentKind,
    setup::{self, Checked},
};

/// Measured one by one after as many to warm up.
const ORDERS: u64 = 5_000;

struct Order {
    identity: Identity,
    content: Content<PartyRef>,
}

/// Decides orders and reads documents, one at a time on one core.
///
/// # Errors
/// The world of the bench is not right, or an order is not released.
pub(crate) fn measure() -> Result<Vec<record::Run>> {
    let config = Config::read(&world::config("sqlite://bench.db", world::NOBODY), "bench")?;
    let checked = setup::check(config).map_err(|mistakes| anyhow!("{mistakes:#?}"))?;
    let channel = checked.channels.get(world::CHANNEL).context("no channel")?;
    let facts = facts(&checked)?;
    let taste = documents::Taste::new(documents::SKUS);
    let (mut reading, mut deciding) = (Vec::new(), Vec::new());
    for number in 1..=2 * ORDERS {
        let body = documents::order_json(&taste, number)?;
        let watch = Stopwatch::start();
        let order = read(channel, number, &body)?;
        let took_to_read = watch.elapsed();
        let (Order { identity, content }, document) = (order, Some(DocumentId::from_uuid(uuid::Uuid::nil())));
        let actor = Actor::Channel { channel: identity.channel.clone() };
        let command = Command::Place { content, document };
        let watch = Stopwatch::start();
        let done = decide(&identity, Slot::Empty, &command, &actor, &facts);
        let took_to_decide = watch.elapsed();
        let done = done.map_err(|refusal| anyhow!("{refusal:?}"))?;
        if status(&done.slot) != Some(Status::Released) {
            return Err(anyhow!("an order was not released: {:#?}", done.slot));
        }
        if number > ORDERS {
            reading.push(tenths(took_to_read));
            deciding.push(tenths(took_to_decide));
        }
    }
    Ok(vec![
        figure("decide an order, pure", deciding, Some(record::Wanted::AtMost(40.0))),
        figure("read a document (JSON, mapping)", reading, None),
    ])
}

/// Tenths of a microsecond.
fn tenths(took: std::time::Duration) -> u32 {
    u32::try_from(took.as_nanos() / 100).unwrap_or(u32::MAX)
}

fn figure(what: &'static str, mut tenths: Vec<u32>, wanted: Option<record::Wanted>) -> record::Run {
    tenths.sort_unstable();
    let at = |permille: usize| tenths.get(tenths.len() * permille / 1000).map_or(0.0, |t| f64::from(*t) / 10.0);
    record::Run {
        db: "none",
        target: "T8",
        what,
        value: at(500),
        unit: "us p50",
        wanted,
        p50_ms: Some(at(500) / 1000.0),
        p99_ms: Some(at(990) / 1000.0),
        orders: Some(tenths.len() as u64),
        ..record::Run::default()
    }
}

fn read(channel: &ChannelRuntime, number: u64, bytes: &[u8]) -> Result<Order> {
    let document = Document {
        topic: "orders/create",
        name: "",
        media_type: "application/json",
        headers: &[],
        bytes,
        received_at: Clock::system().now(),
    };
    let mut found = None;
    channel.parse(DocumentKind::Webhook, &document, &mut |read| {
        if let Read::Said(said) = read
            && let Statement::Order(draft) = said.what
        {
            let content = draft
                .settle(|_, party| PartyRef::of(PartyId::derived(&[&number.to_be_bytes()]), uuid::Uuid::nil(), &party));
            let (channel, external_id) = (Channel::new(world::CHANNEL), said.external_id);
            let id = OrderId::of(channel.as_str(), &external_id);
            found = Some(Order { identity: Identity { id, channel, external_id }, content });
        }
        ControlFlow::Continue(())
    });
    found.context("the document says no order")
}

fn facts(checked: &Checked) -> Result<Facts> {
    let mut stock = BTreeMap::new();
    let plenty = StockLevel { on_hand: Quantity::whole(1_000_000_000), ..StockLevel::default() };
    let (mut products, mut prices) = (HashMap::new(), HashMap::new());
    for at in 0..documents::SKUS {
        let sku = Sku::new(&documents::sku(at));
        products.insert(sku.clone(), Arc::new(world::product(at)));
        prices.insert(sku.clone(), Arc::new(vec![world::price(at)?]));
        stock.extend(world::warehouses().into_iter().map(|w| ((sku.clone(), w.code), plenty)));
    }
    let channel = ChannelFacts { group: "".into(), country: "NL".to_owned() };
    Ok(Facts {
        now: Clock::system().now(),
        world: Arc::new(World {
            company: Company { base_currency: checked.config.company.base_currency, offset_minutes: 480 },
            channels: [(Channel::new(world::CHANNEL), channel)].into(),
            warehouses: world::warehouses(),
            carriers: world::carriers(),
            rate_cards: RateCards::new(world::rate_cards()),
            promotions: vec![],
            transits: Default::default(),
            reorder_points: Default::default(),
            policies: Arc::clone(&checked.policies),
        }),
        products,
        prices,
        customers: HashMap::new(),
        stock,
        alike: HashMap::new(),
        similar: HashMap::new(),
    })
}
