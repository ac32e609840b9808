//! Connectors, driven by recorded answers: each story in `fixtures/<connector>` is a delivery with its attempts, the calls
//! it must make, what the partner answered and how each attempt must end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

use adapters::connectors::{
    self, Connector, crm_rest::CrmRest, erp_rest::ErpRest, file_drop::FileDrop, in_doubt, keep, keep_interrupted,
    logistics_xml::LogisticsXml, mail::Mail, webhook::Webhook,
};
use model::{
    message::MessageKind,
    money::{Currency, Money},
    party::{Address, Party},
    port::outbound::{
        Answer, ChargeView, Failure, FulfilmentView, KEPT_MAX, Kept, LineView, Message, OrderView, Outcome, Repeatable,
        ReplenishmentView, Request, Step,
    },
    time::{Instant, SECOND},
};
use serde_json::Value;

const ORDER: &str = "0198c0de-0000-5000-8000-000000000001";
const SHIPMENT: &str = "0198c0de-0000-5000-8000-0000000000f1";
const BUYER: &str = "0198c0de-0000-5000-8000-0000000000b1";
const KEY: &str = "0198c0de-0000-5000-8000-0000000000d1";

fn party() -> Party {
    Party {
        name: "Anna de Vries".to_owned(),
        emails: vec!["anna.devries@example.com".to_owned()],
        address: Some(Address { country: "NL".to_owned(), city: "Utrecht".to_owned(), ..Address::default() }),
        ..Party::default()
    }
}

fn fulfilment() -> FulfilmentView {
    FulfilmentView {
        id: SHIPMENT.to_owned(),
        warehouse: "NL-RTM".to_owned(),
        carrier: "dhl".to_owned(),
        service: "standard".to_owned(),
        state: "released".to_owned(),
        lines: vec![(1, "4".to_owned())],
        parcels: vec!["JVGL05550001".to_owned()],
        promised: Some("2026-11-24".to_owned()),
    }
}

pub(crate) fn message(kind: MessageKind) -> Message {
    let line = LineView {
        line: 1,
        sku: "LT-DL-0003".to_owned(),
        title: "LED downlight".to_owned(),
        quantity: "4".to_owned(),
        cancelled: "0".to_owned(),
        unit: "pcs".to_owned(),
        unit_price: "5.95".to_owned(),
        discount: "0.00".to_owned(),
    };
    let charge = ChargeView { kind: "shipping".to_owned(), label: "Standaard".to_owned(), amount: "4.95".to_owned() };
    let order = OrderView {
        id: ORDER.to_owned(),
        number: "#1001".to_owned(),
        channel: "shopify-eu".to_owned(),
        external_id: "5600000000001".to_owned(),
        status: "released".to_owned(),
        kind: "regular".to_owned(),
        placed_at: "2026-11-20T10:15:30+01:00".to_owned(),
        currency: "EUR".to_owned(),
        customer: String::new(),
        reference: String::new(),
        buyer_id: BUYER.to_owned(),
        buyer: Some(party()),
        ship_to: Some(party()),
        bill_to: None,
        lines: vec![line],
        charges: vec![charge],
        total: Money::new(2875, Currency::EUR),
        payment_method: "prepaid".to_owned(),
        payment_state: "paid".to_owned(),
        wished: Some("2026-11-25".to_owned()),
        fulfilments: vec![fulfilment()],
    };
    let fulfilment = kind.name().starts_with("fulfilment").then(fulfilment);
    let (replenishment, notice, at) = (None, None, Instant(1_790_000_000 * SECOND));
    Message { key: KEY.to_owned(), kind, order, fulfilment, replenishment, notice, at }
}

fn stories(file: &str) -> Vec<Value> {
    let path = format!("{}/../fixtures/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap()
}

fn outcome(answer: &Value) -> Outcome {
    let code = || answer["code"].as_str().unwrap().to_owned();
    match answer["outcome"].as_str() {
        Some("unknown") => return Outcome::Unknown { code: code() },
        Some("not_sent") => return Outcome::NotSent { code: code() },
        Some("done") => return Outcome::Done,
        Some(other) => panic!("{other}"),
        None => {}
    }
    let headers = answer["headers"].as_object().into_iter().flatten();
    let body = match answer.get("json") {
        Some(json) => json.to_string(),
        None => answer["text"].as_str().unwrap().to_owned(),
    };
    Outcome::Http {
        status: u16::try_from(answer["status"].as_u64().unwrap()).unwrap(),
        headers: headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect(),
        body: body.into_bytes(),
    }
}

/// Runs one attempt as the shell does, from nothing but the message and what is kept.
fn attempt(connector: &dyn Connector, story: &str, message: &Message, kept: &mut Vec<Kept>, calls: &[Value]) -> Step {
    // What tells the partner that it has seen this message before.
    let key_header = if connector.name() == "webhook" { "webhook-id" } else { "idempotency-key" };
    let mut step = connector.step(message, kept, None);
    for expected in calls {
        let Step::Call(Request::Http(request)) = &step else { panic!("{story}: a call is due, not {step:?}") };
        assert_eq!(expected["call"], format!("{} {}", request.method, request.path), "{story}");
        let key = request.headers.iter().find(|(name, _)| name == key_header).map(|(_, value)| value.as_str());
        assert_eq!(key, (request.method != "GET").then_some(KEY), "{story}");
        assert_eq!(request.body.is_empty(), request.method == "GET", "{story}");
        assert!(request.answer_max > 0 && request.deadline > 0);
        let answer = Answer { name: request.name, outcome: outcome(&expected["answer"]) };
        *kept = keep(connector, message, kept, &answer);
        // Recorded exchanges are for people: the same message, facts and answer always give the same step.
        step = connector.step(message, kept, Some(&answer));
        assert_eq!(step, connector.step(&message.clone(), &kept.clone(), Some(&answer.clone())), "{story}");
    }
    step
}

fn check_end(story: &str, end: &Value, step: &Step, kept: &[Kept]) {
    let text = |name: &str| end[name].as_str().unwrap_or_default();
    match step {
        Step::Done(receipt) => {
            assert_eq!(receipt.reference, text("done"), "{story}");
            assert!(!in_doubt(&receipt.kept), "{story}");
            assert_eq!(receipt.parcels.join(" "), text("parcel"), "{story}");
            let labels = receipt.attachments.iter().filter(|paper| paper.bytes.starts_with(b"%PDF-")).count();
            assert_eq!(labels == 1, end["label"].as_bool().unwrap_or(false), "{story}");
        }
        Step::Failed(Failure::Later { code, after }) => {
            assert_eq!(code, text("later"), "{story}");
            assert_eq!(*after, end["after_s"].as_i64().map(|s| s * SECOND), "{story}");
        }
        Step::Failed(Failure::Refused { code, args }) => {
            assert_eq!((code.as_str(), args["why"].as_str()), (text("refused"), text("why")), "{story}");
        }
        Step::Failed(Failure::Broken { code, args }) => {
            assert_eq!(code, text("broken"), "{story}");
            assert_eq!(args.get("why").map_or("", String::as_str), text("why"), "{story}");
        }
        Step::Call(_) | Step::Wait(_) => panic!("{story}: no end but {step:?}"),
    }
    assert_eq!(in_doubt(kept), end["in_doubt"].as_bool().unwrap_or(false), "{story}: doubt");
    assert!(kept.iter().map(|k| k.name.len() + k.value.len()).sum::<usize>() < KEPT_MAX);
    assert!(!format!("{kept:?} {step:?}").contains("Anna"), "{story}: a person is kept");
}

#[test]
fn every_recorded_story_ends_as_it_should() {
    for (file, least) in [
        ("customer_sms/messages", 14),
        ("crm_rest/doubt", 9),
        ("crm_rest/summaries", 9),
        ("erp_rest/answers", 25),
        ("erp_rest/doubt", 8),
        ("erp_rest/orders", 8),
        ("erp_rest/shipments", 5),
        ("logistics_xml/bookings", 10),
        ("logistics_xml/doubt", 18),
        ("webhook/events", 12),
    ] {
        let connector = connectors::named(file.split('/').next().unwrap()).unwrap();
        let told = stories(file);
        assert!(told.len() >= least, "{file}: only {} stories", told.len());
        for story in told {
            let name = format!("{file}: {}", story["name"].as_str().unwrap());
            let mut message = message(MessageKind::named(story["message"].as_str().unwrap()).unwrap());
            if connector.tells_customers() {
                message.order.buyer.as_mut().unwrap().phones = vec!["+31 6 1234 5678".to_owned()];
                message = crate::notices::shipped().prepared(message);
            }
            let mut kept = Vec::new();
            for round in story["attempts"].as_array().unwrap() {
                let step = attempt(connector, &name, &message, &mut kept, round["calls"].as_array().unwrap());
                check_end(&name, &round["end"], &step, &kept);
            }
        }
    }
}

#[test]
fn a_crash_within_a_call_makes_the_next_attempt_ask() {
    let message = message(MessageKind::OrderReleased);
    let kept = keep_interrupted(&[]);
    let Step::Call(Request::Http(request)) = ErpRest.step(&message, &kept, None) else { panic!("no call") };
    assert_eq!((request.method, request.name), ("GET", "find"));
}

#[test]
fn the_body_says_what_the_document_promises() {
    let body = |kind| match ErpRest.step(&message(kind), &[], None) {
        Step::Call(Request::Http(request)) => serde_json::from_slice::<Value>(&request.body).unwrap(),
        other => panic!("{other:?}"),
    };
    let order = body(MessageKind::OrderReleased);
    assert_eq!(order["id"], ORDER);
    assert_eq!(order["total"], "28.75");
    assert_eq!(order["as_of"], Instant(1_790_000_000 * SECOND).rfc3339());
    assert_eq!(order["ship_to"]["name"], "Anna de Vries");
    assert_eq!(order["lines"][0]["unit_price"], "5.95", "money is text, never a float");
    assert_eq!(order["shipments"][0]["lines"][0]["quantity"], "4");
    assert_eq!(order["payment"]["state"], "paid");
    assert!(order.get("bill_to").is_none());
    let shipment = body(MessageKind::FulfilmentShipped);
    assert_eq!((&shipment["id"], &shipment["order"]), (&Value::from(SHIPMENT), &Value::from(ORDER)));
    assert_eq!(shipment["parcels"][0], "JVGL05550001");
    assert!(body(MessageKind::OrderCancelled)["at"].is_string());
}

#[test]
fn an_id_cannot_lead_to_another_path() {
    let mut message = message(MessageKind::OrderReleased);
    message.order.id = "../customers?x=1#张".to_owned();
    let Step::Call(Request::Http(request)) = ErpRest.step(&message, &[], None) else { panic!("no call") };
    assert_eq!(request.path, "/sales-orders/%2E%2E%2Fcustomers%3Fx%3D1%23%E5%BC%A0");
}

#[test]
fn a_message_without_its_fulfilment_goes_to_a_person() {
    let mut message = message(MessageKind::FulfilmentShipped);
    message.fulfilment = None;
    let step = ErpRest.step(&message, &[], None);
    assert!(matches!(step, Step::Failed(Failure::Broken { ref code, .. }) if code == "message_broken"), "{step:?}");
}

#[test]
fn an_answer_to_a_call_never_made_changes_nothing() {
    let answer = Answer { name: "delete", outcome: Outcome::Http { status: 200, headers: vec![], body: vec![] } };
    let step = ErpRest.step(&message(MessageKind::OrderReleased), &[], Some(&answer));
    assert!(matches!(step, Step::Failed(Failure::Broken { .. })), "{step:?}");
}

/// The body of the first call.
fn first_body(connector: &dyn Connector, message: &Message) -> String {
    match connector.step(message, &[], None) {
        Step::Call(Request::Http(request)) => String::from_utf8(request.body).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_webhook_tells_type_time_and_data() {
    let event: Value = serde_json::from_str(&first_body(&Webhook, &message(MessageKind::FulfilmentShipped))).unwrap();
    assert_eq!(event["type"], "fulfilment.shipped");
    assert_eq!(event["timestamp"], Instant(1_790_000_000 * SECOND).rfc3339());
    assert_eq!((&event["data"]["order"]["id"], &event["data"]["shipment"]["id"]), (&ORDER.into(), &SHIPMENT.into()));
    let event: Value = serde_json::from_str(&first_body(&Webhook, &message(MessageKind::OrderCancelled))).unwrap();
    assert_eq!(event["type"], "order.cancelled");
    assert!(event["data"].get("shipment").is_none());
}

#[test]
fn what_is_to_be_bought_is_told_alone_and_only_to_those_who_can_take_it() {
    let mut message = Message { order: OrderView::none(), ..message(MessageKind::ReorderProposed) };
    let text = |text: &str| text.to_owned();
    message.replenishment = Some(ReplenishmentView {
        id: text(SHIPMENT),
        sku: text("LT-DL-0003"),
        warehouse: text("NL-RTM"),
        quantity: text("15"),
        state: text("proposed"),
        on_hand: text("0"),
        reserved: text("0"),
        incoming: text("0"),
        reorder_point: text("10"),
        waiting: text("5"),
        waiting_orders: 2,
    });
    let event: Value = serde_json::from_str(&first_body(&Webhook, &message)).unwrap();
    assert_eq!((&event["type"], event["data"].get("order")), (&"reorder.proposed".into(), None));
    let wanted: Value = serde_json::from_str(&first_body(&ErpRest, &message)).unwrap();
    assert_eq!((&event["data"]["replenishment"], &wanted["quantity"]), (&wanted, &"15".into()));
    let Step::Call(Request::Mail(mail)) = Mail.step(&message, &[], None) else { panic!("no mail") };
    assert_eq!(mail.subject, "LT-DL-0003 to be bought / 建议采购");
    assert!(mail.text.contains("Quantity / 数量: 15\n"), "{}", mail.text);
    let Step::Call(Request::PutFile(file)) = FileDrop.step(&message, &[], None) else { panic!("no file") };
    assert!(file.file.starts_with("LT-DL-0003-reorder_proposed-"), "{}", file.file);
    let dropped: Value = serde_json::from_slice(&file.bytes).unwrap();
    assert_eq!(dropped["replenishment"]["waiting_orders"], wanted["waiting_orders"]);
    for connector in [&CrmRest as &dyn Connector, &LogisticsXml] {
        let step = connector.step(&message, &[], None);
        assert!(matches!(step, Step::Failed(Failure::Broken { .. })), "{connector:?}: {step:?}");
    }
    for connector in connectors::ALL {
        let told = |kind| connector.listens().contains(kind) || connector.mapped_call(*kind).is_some();
        assert!(![MessageKind::ReorderProposed, MessageKind::ReplenishmentApproved].iter().any(told), "{connector:?}");
    }
}

#[test]
fn nothing_people_write_can_break_out_of_a_booking() {
    let mut message = message(MessageKind::FulfilmentReleased);
    let hostile = "</name><status>booked</status>]]> & \"A\" 'B' <!-- \u{0}\u{8}\u{ffff} <!DOCTYPE x> 张";
    message.order.ship_to = Some(Party { name: hostile.to_owned(), ..party() });
    message.order.lines[0].title = "<![CDATA[x]]>".to_owned();
    let body = first_body(&LogisticsXml, &message);
    assert!(!body.contains("<status>") && !body.contains("<!"), "{body}");
    assert!(!body.contains(['\u{0}', '\u{8}', '\u{ffff}']), "{body}");
    // Read back by a parser, it says what was written, without what no XML can carry.
    let (mut reader, mut open, mut names) = (quick_xml::Reader::from_str(&body), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(start) => open.push(AsRef::<str>::as_ref(&start.name()).to_owned()),
            quick_xml::events::Event::End(_) => drop(open.pop()),
            quick_xml::events::Event::Text(text) if open.join("/") == "booking/consignee/name" => names.push_str(&text),
            quick_xml::events::Event::GeneralRef(r) if open.join("/") == "booking/consignee/name" => {
                names.push_str(quick_xml::escape::resolve_predefined_entity(&r).unwrap());
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(names, hostile.replace(['\u{0}', '\u{8}', '\u{ffff}'], ""));
    assert!(open.is_empty());
}

#[test]
fn a_forgotten_buyer_is_no_customer_any_more() {
    let mut message = message(MessageKind::OrderChanged);
    message.order.buyer = None;
    let crm = connectors::named("crm_rest").unwrap();
    let body: Value = serde_json::from_str(&first_body(crm, &message)).unwrap();
    assert_eq!((&body["id"], &body["customer"]), (&ORDER.into(), &BUYER.into()), "the summary alone is posted");
    message.order.customer = "K-100".to_owned();
    message.order.buyer = Some(party());
    let body: Value = serde_json::from_str(&first_body(crm, &message)).unwrap();
    assert_eq!((&body["id"], &body["name"]), (&"K-100".into(), &"Anna de Vries".into()));
}

#[test]
fn connectors_are_listed_in_order_and_found_by_name() {
    let names: Vec<_> = connectors::ALL.iter().map(|connector| connector.name()).collect();
    assert!(names.is_sorted());
    for name in names {
        assert_eq!(connectors::named(name).map(Connector::name), Some(name));
    }
    assert!(connectors::named("ERP_REST").is_none());
    assert_eq!(ErpRest.repeatable(), Repeatable::Queryable);
    // What is to be bought is told to those who ask for it.
    assert_eq!(ErpRest.listens(), MessageKind::OF_ORDERS);
}

#[test]
fn files_and_mails_look_as_recorded_and_mails_name_nobody() {
    let recorded = |path: &str| {
        let path = format!("{}/../fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    let message = message(MessageKind::OrderReleased);
    let Step::Call(Request::PutFile(file)) = FileDrop.step(&message, &[], None) else { panic!("no file") };
    assert_eq!(file.file, format!("_1001-order_released-{KEY}.json"));
    assert_eq!(String::from_utf8(file.bytes).unwrap(), recorded("file_drop/order_released.json"));
    let later = Message { at: Instant(message.at.0 + SECOND), ..message.clone() };
    assert_eq!(
        FileDrop.step(&later, &[], None),
        FileDrop.step(&message, &[], None),
        "an attempt later is the same file"
    );
    let Step::Call(Request::Mail(mail)) = Mail.step(&message, &[], None) else { panic!("no mail") };
    assert_eq!(mail.text, recorded("mail/order_released.txt"));
    assert!(!mail.text.contains("Anna"));
}
