//! What customers hear of their orders: confirmed, shipped, delivered, late, by mail and by text message.

use super::{
    booking::{ask, key},
    world::{River, now, order_json},
};
use actix_web::http::Method;
use model::{
    order::{
        command::Command,
        event::{Actor, Parcel},
        state::Order,
    },
    port::inbound::TrackingStatus,
    time::DAY,
};
use std::{net::TcpListener, time::Duration};
use tributary::{
    clock::Clock,
    sandbox::{self, Mail, Mode, Options, Partner, Sandbox},
    store::deliveries::{self, DeliveryFilter, DeliveryState, DeliverySummary},
};

const EVERY: Duration = Duration::from_millis(10);

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a port")
}

/// Runs `test` on each database with a clock that can be moved, partners of its own, and both ways to customers.
async fn with_customers(more: &str, test: impl AsyncFn(&River, &Clock, &Sandbox)) {
    crate::store::world::urls(async |url: &str| {
        let mut world = sandbox::start(listener(), Options::default()).expect("starts");
        let mail = listener();
        let port = mail.local_addr().expect("an address").port();
        world.take_mail(mail).expect("takes mail");
        let config = format!(
            "[dispatch]\nbackoff_permille = 1\n\
             [connectors.mails]\nkind = \"customer_mail\"\nurl = \"smtp+plain://127.0.0.1:{port}\"\ninside = true\n\
             from = \"Lamps <orders@example.com>\"\n{more}\n\
             [connectors.texts]\nkind = \"customer_sms\"\nurl = \"{}/sms\"\ninside = true\nlanguage = \"zh\"\n",
            world.url()
        );
        let clock = Clock::standing_at(now());
        let river = River::start(url, &config, clock.clone()).await;
        test(&river, &clock, &world).await;
        let report = tributary::verify::verify(&river.app.core.store).await.expect("reads");
        assert!(report.is_sound(), "{:?}", report.violations);
        world.stop().await;
    })
    .await;
}

async fn deliveries_of(river: &River, connector: &str) -> Vec<DeliverySummary> {
    let filter = DeliveryFilter { connector: Some(connector.into()), limit: 50, ..DeliveryFilter::default() };
    deliveries::list(river.app.core.store.read(), &filter).await.expect("reads")
}

/// Waits until `count` deliveries of the connector are done.
async fn until_done(river: &River, connector: &str, count: usize) {
    for _ in 0..1500 {
        let done = deliveries_of(river, connector).await.iter().filter(|d| d.state == DeliveryState::Done).count();
        if done == count {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
    panic!("{:#?}", deliveries_of(river, connector).await);
}

fn subject(mail: &Mail) -> String {
    let line = mail.content.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.unwrap_or_default().to_owned()
}

/// A carrier's word about the first parcel of the order.
async fn said(river: &River, order: &Order, status: TrackingStatus) {
    let (fulfilment, at) = (order.fulfilments[0].id, river.app.core.clock.now());
    let parcel = Parcel { carrier: "dhl".into(), number: "JVGL0555".into() };
    river.command(order.id, Command::Track { fulfilment, parcel, status, at }, Actor::System).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_hears_of_each_step_once_and_of_a_day_that_went_by() {
    with_customers("", async |river, clock, world| {
        river.shopify("orders/create", &order_json(801, "LT-DL-0003", 2, "5.95", 1)).await;
        let order = river.order("801").await;
        until_done(river, "mails", 1).await;
        said(river, &order, TrackingStatus::PickedUp).await;
        until_done(river, "mails", 2).await;
        // Three days at most were promised; nobody moves the parcel for nine.
        clock.advance(9 * DAY);
        until_done(river, "mails", 3).await;
        clock.advance(9 * DAY);
        said(river, &order, TrackingStatus::Delivered).await;
        until_done(river, "mails", 4).await;
        until_done(river, "texts", 4).await;
        let mails = world.state().mails;
        assert!(mails.iter().all(|mail| mail.to == ["buyer801@example.com"] && mail.from == "orders@example.com"));
        let subjects: Vec<_> = mails.iter().map(subject).collect();
        assert_eq!(
            subjects,
            [
                "Your order #801 is confirmed",
                "Your order #801 is on its way",
                "Your order #801 is late",
                "Your order #801 has arrived"
            ]
        );
        let promised = river.order("801").await.fulfilments[0].promised.expect("a day").to_string();
        assert!(mails[1].content.contains(&promised) && mails[2].content.contains(&promised), "{mails:#?}");
        let texts = world.state().texts;
        assert_eq!(texts.len(), 4);
        assert!(texts[0].text.contains("订单 #801 已确认") && texts[0].to == "+31301234567", "{texts:#?}");
        // The exchanges that are kept name nobody.
        for delivery in deliveries_of(river, "mails").await.iter().chain(&deliveries_of(river, "texts").await) {
            let told = tributary::store::exchanges::of_delivery(river.app.core.store.read(), delivery.id).await;
            let told = format!("{:?}", told.expect("reads"));
            assert!(!told.contains("buyer801@") && !told.contains("Buyer 801") && !told.contains("1234567"), "{told}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_channels_that_are_named_are_told_of() {
    with_customers("channels = [\"phone-desk\"]", async |river, _, world| {
        river.shopify("orders/create", &order_json(802, "LT-DL-0003", 1, "5.95", 1)).await;
        until_done(river, "texts", 1).await;
        assert!(deliveries_of(river, "mails").await.is_empty() && world.state().mails.is_empty());
    })
    .await;
}

#[actix_web::test]
async fn a_forgotten_customer_is_told_nothing_and_nobody_has_to_act() {
    with_customers("", async |river, _, world| {
        river.shopify("orders/create", &order_json(803, "LT-DL-0003", 1, "5.95", 1)).await;
        let order = river.order("803").await;
        until_done(river, "texts", 1).await;
        let buyer = order.header.ship_to.as_ref().expect("a person").id;
        let key = key(river).await;
        assert_eq!(ask(river, Method::DELETE, &format!("/v1/parties/{buyer}"), &key).await.0, 200);
        said(river, &order, TrackingStatus::PickedUp).await;
        until_done(river, "texts", 2).await;
        assert_eq!(world.state().texts.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_may_have_sent_it_is_not_asked_again() {
    with_customers("", async |river, _, world| {
        world.faults(Partner::Sms, Mode::ApplyAndLose, 1);
        river.shopify("orders/create", &order_json(804, "LT-DL-0003", 1, "5.95", 1)).await;
        for _ in 0..1500 {
            if deliveries_of(river, "texts").await.iter().any(|d| d.state == DeliveryState::Quarantined) {
                break;
            }
            tokio::time::sleep(EVERY).await;
        }
        let told = deliveries_of(river, "texts").await;
        assert_eq!((told[0].state, told[0].error.as_str()), (DeliveryState::Quarantined, "outcome_unknown"));
        assert_eq!(world.state().texts.len(), 1, "the customer has it once");
    })
    .await;
}
