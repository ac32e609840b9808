//! A parcel from the order to the carrier's van: booked, labelled, followed, and forgotten with its consignee.

use super::world::{River, on_each_database_with, order_json};
use actix_web::{
    App as Routes,
    http::{Method, header},
    test::{self, TestRequest},
    web::Data,
};
use model::{
    codes::{Role, User},
    order::{
        event::Parcel,
        state::{FulfilmentState, Order},
    },
    port::inbound::{TrackingNode, TrackingStatus},
};
use std::{net::TcpListener, time::Duration};
use tributary::{
    entropy, keys,
    sandbox::{self, Mode, Options, Partner, Sandbox},
    store::{Lane, documents, keys::ApiKey, shipments},
    web,
};

const EVERY: Duration = Duration::from_millis(10);

pub(super) async fn key(river: &River) -> String {
    let core = &river.app.core;
    let made = keys::make(&core.pepper);
    let key = ApiKey {
        id: made.id,
        user: User::new("root"),
        role: Role::new("admin"),
        channel: None,
        secret_hash: made.hash.to_vec(),
        created_at: core.clock.now(),
        expires_at: None,
        revoked_at: None,
    };
    let tx = core.store.begin(Lane::Work).await.expect("begins");
    tributary::store::keys::create(&tx, &key).await.expect("a key");
    tx.commit().await.expect("commits");
    made.text
}

pub(super) async fn ask(river: &River, method: Method, path: &str, key: &str) -> (u16, String, Vec<u8>) {
    let routes = Routes::new().app_data(Data::new(river.app.clone())).configure(web::configure);
    let service = test::init_service(routes).await;
    let ask = TestRequest::default().method(method).uri(path);
    let ask = ask.insert_header((header::AUTHORIZATION, format!("Bearer {key}"))).to_request();
    let response = test::call_service(&service, ask).await;
    let header = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (status, media_type) = (response.status().as_u16(), header.unwrap_or_default().to_owned());
    (status, media_type, test::read_body(response).await.to_vec())
}

/// The carrier speaks of a parcel.
async fn said(river: &River, number: &str, status: TrackingStatus) -> shipments::Shipment {
    let core = &river.app.core;
    let (now, parcel) = (core.clock.now(), Parcel { carrier: "dhl".into(), number: number.to_owned() });
    let node = TrackingNode { at: now, status, code: "103".into(), text: String::new(), place: String::new() };
    let document = entropy::document_id(now);
    let news = shipments::NewTracking { parcel, status, status_at: now, nodes: vec![node], document };
    let tx = core.store.begin(Lane::Work).await.expect("begins");
    let known = shipments::put(&tx, &[news], now).await.expect("is kept");
    tx.commit().await.expect("commits");
    known.into_iter().next().expect("the parcel")
}

async fn until(river: &River, external_id: &str, wanted: impl Fn(&Order) -> bool) -> Order {
    for _ in 0..1000 {
        let order = river.order(external_id).await;
        if wanted(&order) {
            return order;
        }
        tokio::time::sleep(EVERY).await;
    }
    panic!("{:#?}", river.order(external_id).await);
}

/// The tracking number the carrier gave, once it has booked.
async fn booked(carrier: &Sandbox) -> String {
    for _ in 0..1000 {
        if let Some(booking) = carrier.state().bookings.values().next() {
            return booking.tracking.clone();
        }
        tokio::time::sleep(EVERY).await;
    }
    panic!("nothing was booked");
}

#[actix_web::test]
async fn a_booked_parcel_is_followed_even_when_its_carrier_spoke_first() {
    let carrier = sandbox::start(TcpListener::bind("127.0.0.1:0").expect("a port"), Options::default());
    let carrier = carrier.expect("starts");
    let more = format!(
        "[dispatch]\nbackoff_permille = 200\n[connectors.van]\nkind = \"logistics_xml\"\nurl = \"{}\"\ninside = true\n",
        carrier.url()
    );
    let test = async |river: &River| {
        let orders = carrier.state().bookings.len();
        assert!(orders <= 1, "one for each database");
        carrier.faults(Partner::Carrier, Mode::ApplyAndLose, 1);
        river.shopify("orders/create", &order_json(700, "LT-DL-0003", 2, "5.95", 1)).await;
        let key = key(river).await;
        let tracking = booked(&carrier).await;
        // The answer with this number was lost, and the van is quicker than we are.
        assert_eq!(said(river, &tracking, TrackingStatus::PickedUp).await.belongs_to, None);
        let order =
            until(river, "700", |order| matches!(order.fulfilments[0].state, FulfilmentState::Shipped { .. })).await;
        assert_eq!(order.fulfilments[0].state.parcels()[0].parcel.number, tracking);
        let fulfilment = order.fulfilments[0].id;
        let path = format!("/v1/fulfilments/{fulfilment}/label");
        let (status, media_type, bytes) = ask(river, Method::GET, &path, &key).await;
        assert_eq!((status, media_type.as_str()), (200, "application/pdf"));
        assert!(bytes.starts_with(b"%PDF-") && String::from_utf8_lossy(&bytes).contains(&tracking));
        let label = documents::attachment_id("label", fulfilment);
        let replay = format!("/v1/documents/{label}/replay");
        assert_eq!(ask(river, Method::POST, &replay, &key).await.0, 404, "nobody reads orders from it");
        let (status, _, _) = ask(river, Method::GET, "/v1/fulfilments/nothing/label", "no key").await;
        assert_eq!(status, 401);
        let other = "/v1/fulfilments/0198c0de-0000-5000-8000-0000000000f1/label";
        assert_eq!(ask(river, Method::GET, other, &key).await.0, 404);
        // A label names the consignee, and goes with the person.
        let buyer = order.header.ship_to.as_ref().expect("a consignee").id;
        assert_eq!(ask(river, Method::DELETE, &format!("/v1/parties/{buyer}"), &key).await.0, 200);
        assert_eq!(ask(river, Method::GET, &path, &key).await.0, 410);
        assert_eq!(documents::bytes(river.app.core.store.read(), label).await.expect("reads"), None);
        let report = tributary::verify::verify(&river.app.core.store).await.expect("reads");
        assert!(report.is_sound(), "{:?}", report.violations);
    };
    on_each_database_with(&more, test).await;
    let booking = carrier.state().bookings;
    assert!(booking.values().all(|booking| booking.times <= 2), "once on each database");
    carrier.stop().await;
}
