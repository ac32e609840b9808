//! A core with an order desk of its own making, a sandbox of partners, and dispatch between them.

use model::{
    codes::Connector,
    ids::{DeliveryId, FulfilmentId, OrderId, PartyId},
    measure::Quantity,
    message::MessageKind,
    money::{Currency, Money, UnitPrice},
    order::{
        event::Actor,
        state::{Approval, Counters, Decision, Fulfilment, FulfilmentLine, FulfilmentState, Line, Order, Slot},
    },
    party::{Address, Completeness, Party},
    said::{Claimed, Header, Item, OrderKind, PartyRef, Payment},
    time::{Instant, SourceTime},
};
use std::{collections::BTreeMap, net::TcpListener, sync::Arc, time::Duration};
use tributary::{
    app::Core,
    clock::Clock,
    config::Config,
    dispatch,
    sandbox::{self, Options, Sandbox},
    setup,
    store::{
        Lane,
        deliveries::{self, DeliveryState, DeliverySummary, NewDelivery},
        exchanges::{self, Exchange},
        orders::{self, SavedOrder},
        parties,
    },
};

pub(super) const ERP: &str = "erp";
pub(super) const BUYER: &str = "Anna de Vries";
pub(super) const PHONE: &str = "+31 6 1234 5678";
pub(super) const SECRET: &str = "a-secret-of-the-erp";

/// The one the receiver has by now, and the one it had before.
pub(super) const HOOK_SECRETS: [&str; 2] =
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"];

pub(super) struct World {
    pub(super) core: Arc<Core>,
    pub(super) erp: Sandbox,
    /// A second partner, told of the same things as `crm`; and whoever else is not the ERP.
    pub(super) other: Sandbox,
}

pub(super) fn partners(options: Options) -> Sandbox {
    sandbox::start(TcpListener::bind("127.0.0.1:0").expect("a port"), options).expect("starts")
}

/// Runs `test` on each database; `permille` multiplies every pause. No call takes longer than two seconds.
pub(super) async fn on_each_database(permille: i64, options: Options, test: impl AsyncFn(&World)) {
    with_leases_of(4, permille, options, test).await;
}

/// A call takes at most two seconds less than a lease.
pub(super) async fn with_leases_of(seconds: i64, permille: i64, options: Options, test: impl AsyncFn(&World)) {
    crate::store::world::urls(async |url: &str| {
        let (erp, other) = (partners(options), partners(options));
        let (first, second) = (erp.url(), other.url());
        let [hook_new, hook_old] = HOOK_SECRETS;
        let config = format!(
            r#"
            [database]
            url = "{url}"
            [dispatch]
            backoff_permille = {permille}
            lease_seconds = {seconds}
            [connectors.erp]
            kind = "erp_rest"
            url = "{first}"
            inside = true
            auth = {{ scheme = "bearer", secret = "erp" }}
            [connectors.crm]
            kind = "erp_rest"
            url = "{second}"
            inside = true
            [connectors.customers]
            kind = "crm_rest"
            url = "{second}"
            inside = true
            [connectors.hook]
            kind = "webhook"
            url = "{second}/hooks/shop"
            inside = true
            auth = {{ scheme = "standard_webhooks", secrets = ["hook_new", "hook_old"] }}
            [connectors.van]
            kind = "logistics_xml"
            url = "{second}"
            inside = true
            [secrets]
            erp = {{ value = "{SECRET}" }}
            hook_new = {{ value = "{hook_new}" }}
            hook_old = {{ value = "{hook_old}" }}
            "#
        );
        let checked = setup::check(Config::read(&config, "test").expect("is right")).expect("is right");
        let core = Arc::new(setup::open(checked, Clock::system(), false).await.expect("opens"));
        let world = World { core, erp, other };
        test(&world).await;
        world.erp.stop().await;
        world.other.stop().await;
    })
    .await;
}

impl World {
    pub(super) fn start(&self) {
        dispatch::start(&self.core).expect("starts");
    }

    /// Places a released order; its fulfilment is released as well.
    pub(super) async fn place(&self, external_id: &str) -> Order {
        let order = order(external_id);
        self.save(&order).await;
        order
    }

    /// Writes the order as it stands.
    pub(super) async fn save(&self, order: &Order) {
        let now = self.core.clock.now();
        let tx = self.core.store.begin(Lane::Work).await.expect("begins");
        parties::insert(&tx, &[(PartyId::derived(&[b"anna"]), anna())]).await.expect("a party");
        let slot = Slot::Placed(Box::new(order.clone()));
        let saved =
            SavedOrder { slot: &slot, was_events: order.events - 1, fingerprint: "", total: 1190, status: "released" };
        orders::save(&tx, orders::rows(&[saved], now).expect("rows")).await.expect("is saved");
        tx.commit().await.expect("commits");
    }

    /// Queues messages for `connector`, in this order.
    pub(super) async fn tell(&self, connector: &str, order: &Order, kinds: &[MessageKind]) -> Vec<DeliveryId> {
        let now = self.core.clock.now();
        let new = |kind: &MessageKind| NewDelivery {
            connector: Connector::new(connector),
            stream: if kind.name().starts_with("order") { order.id.uuid() } else { order.fulfilments[0].id.uuid() },
            order: order.id,
            kind: *kind,
            body: "{}".into(),
            next_at: now,
        };
        let new: Vec<NewDelivery> = kinds.iter().map(new).collect();
        let tx = self.core.store.begin(Lane::Work).await.expect("begins");
        let ids = deliveries::insert(&tx, &new, &std::collections::HashSet::new(), now).await.expect("are queued");
        tx.commit().await.expect("commits");
        self.core.deliveries.notify_waiters();
        ids
    }

    pub(super) async fn delivery(&self, id: DeliveryId) -> DeliverySummary {
        deliveries::by_id(self.core.store.read(), id).await.expect("reads").expect("is there")
    }

    /// Waits until the delivery stands so.
    pub(super) async fn until(&self, id: DeliveryId, state: DeliveryState) -> DeliverySummary {
        let mut found = self.delivery(id).await;
        for _ in 0..1500 {
            if found.state == state {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            found = self.delivery(id).await;
        }
        assert_eq!(found.state, state, "{found:#?} {:#?}", self.exchanges(id).await);
        found
    }

    pub(super) async fn until_all_done(&self, ids: &[DeliveryId]) {
        for id in ids {
            self.until(*id, DeliveryState::Done).await;
        }
    }

    pub(super) async fn exchanges(&self, id: DeliveryId) -> Vec<Exchange> {
        exchanges::of_delivery(self.core.store.read(), id).await.expect("reads")
    }

    pub(super) async fn redrive(&self, ids: &[DeliveryId]) -> u64 {
        let tx = self.core.store.begin(Lane::Work).await.expect("begins");
        let count = deliveries::redrive(&tx, ids, self.core.clock.now()).await.expect("are redriven");
        tx.commit().await.expect("commits");
        self.core.deliveries.notify_waiters();
        count
    }
}

/// What a partner received, as `METHOD /collection`.
pub(super) fn heard(partner: &Sandbox) -> Vec<String> {
    let short = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    partner.state().received.iter().map(|r| format!("{} {}", r.method, short(&r.path))).collect()
}

fn anna() -> Party {
    Party {
        name: BUYER.into(),
        phones: vec![PHONE.into()],
        emails: vec!["anna.devries@example.com".into()],
        address: Some(Address { country: "NL".into(), street: "Voorbeeldstraat 12".into(), ..Address::default() }),
        ..Party::default()
    }
}

fn order(external_id: &str) -> Order {
    let id = OrderId::of("web", external_id);
    let quantity = Quantity::whole(2);
    let anna = PartyRef {
        id: PartyId::derived(&[b"anna"]),
        likeness: uuid::Uuid::nil(),
        complete: Completeness { name: true, phone: true, email: true, street: true },
        destination: None,
    };
    let fulfilment = Fulfilment {
        id: FulfilmentId::of(id, 1, 0),
        warehouse: "RTM".into(),
        carrier: "dhl".into(),
        service: "parcel".into(),
        freight: Money::new(500, Currency::EUR),
        lines: vec![FulfilmentLine { line: 1, quantity }],
        state: FulfilmentState::Released,
        planned_at: Instant(0),
        promised: None,
        late: false,
    };
    Order {
        id,
        channel: "web".into(),
        external_id: external_id.into(),
        creator: Actor::System,
        amended_by: vec![],
        refunds: vec![],
        header: header(external_id, anna),
        lines: vec![line(quantity)],
        decision: Decision::Released,
        holds: vec![],
        accepted: vec![],
        audit: None,
        priority: 0,
        approval: Approval::Unasked,
        rounds: 0,
        fulfilments: vec![fulfilment],
        told: true,
        events: 1,
    }
}

fn header(number: &str, anna: PartyRef) -> Header<PartyRef> {
    Header {
        number: number.into(),
        kind: OrderKind::Regular,
        placed_at: SourceTime::utc(Instant(1_772_416_800_000_000)),
        currency: Currency::EUR,
        customer: "".into(),
        buyer: Some(anna.clone()),
        ship_to: Some(anna),
        bill_to: None,
        reference: String::new(),
        charges: vec![],
        claimed: Claimed::default(),
        taxes_included: true,
        payment: Payment::default(),
        wished: None,
        desk: String::new(),
        attributes: BTreeMap::new(),
    }
}

fn line(quantity: Quantity) -> Line {
    Line {
        no: 1,
        item: Item {
            key: "1".into(),
            sku: "LT-DL-0003".into(),
            title: "Lamp".into(),
            quantity,
            unit: "pcs".into(),
            unit_price: Some(UnitPrice::parse("5.95").expect("a price")),
            discount: 0,
            tax: None,
            total: None,
            ships: true,
            specification: vec![],
        },
        base_unit: "pcs".into(),
        counters: Counters { ordered: quantity, released: quantity, ..Counters::default() },
        removed: false,
    }
}
