//! Outgoing mappings: what they write, what the lint says of them, and that the shipped one says what Rust says.

use crate::connectors::message;
use adapters::{
    connectors::{self, erp_rest::ErpRest},
    mapping::{Fault, LINT_CODES, Outgoing, Tables, Wording},
};
use model::{
    message::MessageKind,
    port::outbound::{Failure, Message, Request, Step},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

const ERP_ORDER: &str = include_str!("../../../mappings/out/erp-order.toml");

fn tables() -> Tables {
    let mut tables = Tables::default();
    tables.add("pay.toml", "name = \"pay\"\n[values]\nPP = \"prepaid\"\nOA = \"on_account\"\n").unwrap();
    tables
}

fn form(text: &str) -> Result<Outgoing, Vec<Fault>> {
    Outgoing::read("out/f.toml", text, &tables())
}

/// A mapping of these fields.
fn fields(body: &str) -> String {
    format!("name = \"f\"\nversion = 1\ntells = \"order_released\"\n[body]\n{body}\n")
}

fn written_by(text: &str, message: &Message) -> Value {
    let form = form(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    serde_json::from_slice(&form.write(message).unwrap()).unwrap()
}

/// The connector's first step, its body written by `form`.
fn first_step(connector: &dyn connectors::Connector, form: &Arc<Outgoing>, message: &Message) -> Step {
    let wording = Wording { forms: vec![Arc::clone(form)], ..Wording::default() };
    wording.step(connector, message, &[], None)
}

fn body(step: Step) -> Vec<u8> {
    match step {
        Step::Call(Request::Http(request)) => request.body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_shipped_mapping_writes_what_the_connector_writes() {
    let form = Arc::new(Outgoing::read("out/erp-order.toml", ERP_ORDER, &Tables::default()).unwrap());
    let full = message(MessageKind::OrderChanged);
    let mut bare = full.clone();
    (bare.order.buyer, bare.order.ship_to, bare.order.wished) = (None, None, None);
    let mut homeless = full.clone();
    homeless.order.bill_to = homeless.order.buyer.clone();
    homeless.order.ship_to.as_mut().unwrap().address = None;
    homeless.order.lines.clear();
    for message in [full, bare, homeless] {
        let own = connectors::Connector::step(&ErpRest, &message, &[], None);
        let mapped = first_step(&ErpRest, &form, &message);
        let json = |step: Step| serde_json::from_slice::<Value>(&body(step)).unwrap();
        assert_eq!(json(mapped.clone()), json(own.clone()));
        assert_ne!(body(mapped), body(own), "else the mapping was not asked: it writes in its own order");
    }
}

#[test]
fn other_kinds_and_other_calls_keep_the_connectors_own_form() {
    let form = Arc::new(form(&fields("x = { const = \"ours\" }")).unwrap());
    for kind in [MessageKind::OrderCancelled, MessageKind::OrderChanged, MessageKind::FulfilmentShipped] {
        let own = connectors::Connector::step(&ErpRest, &message(kind), &[], None);
        assert_eq!(first_step(&ErpRest, &form, &message(kind)), own, "{kind:?}");
    }
    // A CRM's customer is put before the order's summary, and only the summary is mapped.
    let crm = connectors::named("crm_rest").unwrap();
    let told = message(MessageKind::OrderReleased);
    let customer = crm.step(&told, &[], None);
    assert_eq!(first_step(crm, &form, &told), customer);
}

#[test]
fn a_value_that_cannot_be_written_goes_to_a_person() {
    let form = Arc::new(form(&fields("\"a.b\" = { from = \"order.payment.method\", table = \"pay\" }")).unwrap());
    let mut told = message(MessageKind::OrderReleased);
    told.order.payment_method = "by_barter".to_owned();
    match first_step(&ErpRest, &form, &told) {
        Step::Failed(Failure::Broken { code, args }) => {
            assert_eq!((code.as_str(), args["why"].as_str()), ("message_broken", "f: a.b"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_word_does_what_it_says() {
    let message = message(MessageKind::OrderReleased);
    for (spec, expected) in [
        ("\"order.number\"", json!("#1001")),
        ("{ const = \"A\" }", json!("A")),
        ("{ const = 1_007 }", json!(1007)),
        ("{ const = true }", json!(true)),
        ("{ from = [\"order.customer\", \"order.reference\", \"order.buyer.name\"] }", json!("Anna de Vries")),
        ("{ from = \"order.customer\" }", json!("")),
        ("{ from = \"order.customer\", default = \"walk-in\" }", json!("walk-in")),
        ("{ from = \"order.bill_to.name\", default = \"none\" }", json!("none")),
        ("{ from = \"order.payment.method\", table = \"pay\" }", json!("PP")),
        ("{ from = \"order.payment.state\", table = \"pay\", otherwise = \"??\" }", json!("??")),
        ("{ from = \"order.total\", as = \"minor_units\" }", json!(2875)),
        ("{ from = \"order.total\", as = \"number\" }", json!(28.75)),
        ("{ from = \"order.lines[0].quantity\", as = \"integer\", optional = true }", json!(4)),
        ("{ from = \"order.lines[0].line\", as = \"text\", optional = true }", json!("1")),
        ("{ from = \"order.placed_at\", as = \"date\" }", json!("2026-11-20")),
        ("{ from = \"order.placed_at\", as = \"unix_s\" }", json!(1_795_166_130)),
        ("{ from = \"order.placed_at\", as = \"unix_ms\" }", json!(1_795_166_130_000_i64)),
        ("{ from = \"order.placed_at\", as = \"format\", format = \"%d.%m.%Y %H:%M\" }", json!("20.11.2026 10:15")),
        (
            "{ from = \"order.placed_at\", as = \"format\", format = \"%Y%m%d%H\", zone = \"Asia/Shanghai\" }",
            json!("2026112017"),
        ),
        ("{ from = \"order.wished\", as = \"format\", format = \"%d/%m/%y\", optional = true }", json!("25/11/26")),
        ("{ from = \"order.buyer.emails\", as = \"text\", optional = true }", json!("anna.devries@example.com")),
        ("{ from = \"order.buyer.emails[0]\", optional = true }", json!("anna.devries@example.com")),
        ("{ from = \"order.buyer.phones[0]\", optional = true }", Value::Null),
        ("{ from = \"order.bill_to\", optional = true }", Value::Null),
        ("{ from = \"order.payment\" }", json!({ "method": "prepaid", "state": "paid" })),
    ] {
        assert_eq!(written_by(&fields(&format!("x = {spec}")), &message)["x"], expected, "{spec}");
    }
    let number = form(&fields("x = { from = \"order.total\", as = \"number\" }")).unwrap().write(&message).unwrap();
    assert_eq!(number, br#"{"x":28.75}"#, "the digits themselves, through no float");
    let mut large = message;
    large.order.lines[0].unit_price = "9007199254740993.10".to_owned();
    let text = fields("x = { from = \"order.lines[0].unit_price\", as = \"number\", optional = true }");
    assert_eq!(form(&text).unwrap().write(&large).unwrap(), br#"{"x":9007199254740993.10}"#);
    large.order.lines[0].quantity = "1.5".to_owned();
    let text = fields("x = { from = \"order.lines[0].quantity\", as = \"integer\", optional = true }");
    assert_eq!(form(&text).unwrap().write(&large), Err("x".to_owned()), "half a lamp is no whole number");
}

#[test]
fn lists_and_nested_places() {
    let text = "name = \"f\"\nversion = 1\ntells = [\"order_released\"]\n[body]\n\"a.b.c\" = \"key\"\n\"a.d\" = \"kind\"\n\
                [[lists]]\nat = \"a.rows\"\neach = \"order.shipments\"\n[lists.body]\nno = \"/order.number\"\n\
                [[lists.lists]]\nat = \"items\"\neach = \"lines\"\n[lists.lists.body]\nqty = { from = \"quantity\", as = \"number\" }\n";
    let message = message(MessageKind::OrderReleased);
    let rows = json!([{ "no": "#1001", "items": [{ "qty": 4 }] }]);
    assert_eq!(
        written_by(text, &message),
        json!({ "a": { "b": { "c": message.key }, "d": "order_released", "rows": rows } })
    );
}

/// Every path below `value`, entries of lists by their first.
fn leaves(path: &str, value: &Value, found: &mut Vec<(String, Value)>, objects: &mut Vec<(String, BTreeSet<String>)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => {
            objects.push((path.to_owned(), fields.keys().cloned().collect()));
            fields.iter().for_each(|(name, value)| leaves(&below(name), value, found, objects));
        }
        Value::Array(entries) if entries.first().is_some_and(Value::is_object) => {
            leaves(&format!("{path}[0]"), &entries[0], found, objects);
        }
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

#[test]
fn what_can_be_named_is_what_is_there() {
    let mut message = message(MessageKind::FulfilmentShipped);
    message.order.bill_to = message.order.buyer.clone();
    message.order.buyer.as_mut().unwrap().phones = vec!["+31612345678".to_owned()];
    let message = crate::notices::shipped().prepared(message);
    let all = fields(
        "key = \"key\"\nkind = \"kind\"\nat = \"at\"\norder = \"order\"\nshipment = { from = \"shipment\", optional = true }\n\
         notice = { from = \"notice\", optional = true }",
    );
    let whole = written_by(&all, &message);
    let (mut found, mut objects) = (Vec::new(), Vec::new());
    leaves("", &whole, &mut found, &mut objects);
    assert!(found.len() > 60, "{}", found.len());
    for (path, value) in found {
        let text = fields(&format!("x = {{ from = \"{path}\", optional = true }}"));
        assert_eq!(written_by(&text, &message)["x"], value, "{path}");
    }
    for (path, names) in objects {
        let wrong = if path.is_empty() { "nothing".to_owned() } else { format!("{path}.nothing") };
        let faults = form(&fields(&format!("x = {{ from = \"{wrong}\", optional = true }}"))).unwrap_err();
        let known: BTreeSet<String> = faults[0].args["known"].split(", ").map(str::to_owned).collect();
        assert_eq!(known, names, "below `{path}`");
    }
}

#[test]
fn each_mistake_has_its_place_and_code() {
    let head = "name = \"f\"\nversion = 1\ntells = \"order_released\"\n";
    for (text, expected) in [
        (fields("x = \"order.nubmer\""), (5, 5, "unknown_word")),
        (fields("x = \"order.number.y\""), (5, 5, "bad_path")),
        (fields("x = \"order.lines[*].sku\""), (5, 5, "bad_path")),
        (fields("x = \"order.buyer.name\""), (5, 5, "may_be_absent")),
        (fields("x = { from = \"order.lines[0].sku\" }"), (5, 14, "may_be_absent")),
        (fields("x = { from = \"order.number\", as = \"minor_units\" }"), (5, 35, "converter_unfit")),
        (fields("x = { from = [\"order.number\", \"order.total\"] }"), (5, 31, "converter_unfit")),
        (fields("x = { from = \"order.number\", zone = \"Asia/Shanghai\" }"), (5, 37, "option_unfit")),
        (fields("x = { from = \"at\", as = \"date\", zone = \"Shanghai\" }"), (5, 40, "default_unfit")),
        (fields("x = { from = \"at\", as = \"format\", format = \"%Q\" }"), (5, 44, "default_unfit")),
        (
            fields("x = { from = \"order.wished\", as = \"format\", format = \"%H\", optional = true }"),
            (5, 54, "default_unfit"),
        ),
        (fields("x = { from = \"at\", as = \"format\" }"), (5, 5, "missing_key")),
        (fields("x = { from = \"order.number\", table = \"pya\" }"), (5, 38, "unknown_table")),
        (fields("x = { from = \"order.total\", table = \"pay\" }"), (5, 37, "option_unfit")),
        (fields("x = { from = \"order.number\", otherwise = \"y\" }"), (5, 42, "needs")),
        (fields("x = { from = \"order.number\", const = \"y\" }"), (5, 14, "two_sources")),
        (fields("x = { optional = true }"), (5, 5, "no_source")),
        (fields("x = []"), (5, 5, "no_source")),
        (fields("x = { const = inf }"), (5, 15, "wrong_type")),
        (fields("x = { from = \"order.wished\", optional = true, default = \"y\" }"), (5, 57, "only_one_of")),
        (fields("x = { from = \"order.number\", when = \"y\" }"), (5, 30, "unknown_key")),
        (fields("\"a.b\" = \"key\"\na = \"kind\""), (6, 1, "only_one_of")),
        (fields("\"a..b\" = \"key\""), (5, 1, "bad_path")),
        (head.to_owned(), (1, 1, "missing_key")),
        ("name = \"f\"\nversion = 1\n[body]\nx = \"key\"\n".to_owned(), (1, 1, "missing_key")),
        (fields("x = \"key\"").replace("order_released", "order_relaesed"), (3, 9, "unknown_word")),
        (format!("{head}[[lists]]\nat = \"l\"\neach = \"order.number\"\n"), (6, 8, "bad_path")),
        (format!("{head}[[lists]]\neach = \"order.lines\"\n[lists.body]\nx = \"sku\"\n"), (4, 1, "missing_key")),
        (
            format!("{head}[[lists]]\nat = \"l\"\neach = \"order.lines\"\n[lists.body]\nx = \"order.number\"\n"),
            (8, 5, "unknown_word"),
        ),
        ("name = ".to_owned(), (1, 8, "toml")),
    ] {
        let faults = form(&text).expect_err(&text);
        let found: Vec<_> = faults.iter().map(|f| (f.line, f.column, f.code)).collect();
        assert!(found.contains(&expected), "{text}\n{expected:?} is not in {found:?}");
        assert!(LINT_CODES.contains(&expected.2), "{} has no words", expected.2);
    }
    let two = form(&fields("x = \"order.nubmer\"\ny = \"order.buyer.name\"")).unwrap_err();
    assert_eq!(two.len(), 2, "all mistakes at once");
    assert_eq!(two[0].args["did_you_mean"], "number");
}
