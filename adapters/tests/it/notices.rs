//! What customers are told: the shipped texts, the languages, whom it reaches, and what the lint says.

use crate::connectors::message;
use adapters::{
    connectors::{Connector, SKIPPED, customer_mail::CustomerMail, customer_sms::CustomerSms},
    mapping::{LINT_CODES, Notices, Outgoing, Tables, Tongue, Wording},
};
use model::{
    message::MessageKind,
    party::{Address, Party},
    port::outbound::{MailRequest, Message, Request, Step},
};
use std::sync::Arc;

const CUSTOMER: &str = include_str!("../../../mappings/notices/customer.toml");

/// The wording of a connector that tells customers and names no texts.
pub(crate) fn shipped() -> Wording {
    let notices = Notices::read("notices/customer.toml", CUSTOMER).unwrap_or_else(|faults| panic!("{faults:#?}"));
    Wording { notices: Some(Arc::new(notices)), ..Wording::default() }
}

fn mail(message: Message) -> MailRequest {
    match CustomerMail.step(&shipped().prepared(message), &[], None) {
        Step::Call(Request::Mail(mail)) => mail,
        other => panic!("{other:?}"),
    }
}

fn chinese(message: Message) -> Message {
    let address = Address { country: "CN".to_owned(), city: "杭州".to_owned(), ..Address::default() };
    let (name, emails) = ("王小明".to_owned(), vec!["wang@example.cn".to_owned()]);
    let someone = Party { name, emails, address: Some(address), ..Party::default() };
    let mut message = message;
    (message.order.buyer, message.order.ship_to) = (Some(someone.clone()), Some(someone));
    message
}

#[test]
fn each_kind_is_told_in_the_customers_language() {
    for (kind, file) in [
        (MessageKind::OrderReleased, "order_released"),
        (MessageKind::OrderCancelled, "order_cancelled"),
        (MessageKind::FulfilmentShipped, "fulfilment_shipped"),
        (MessageKind::FulfilmentDelivered, "fulfilment_delivered"),
        (MessageKind::FulfilmentLate, "fulfilment_late"),
    ] {
        for (tongue, message) in [("en", message(kind)), ("zh", chinese(message(kind)))] {
            let notice = shipped().prepared(message.clone()).notice.unwrap();
            assert_eq!(notice.language, tongue, "{kind:?}");
            let mail = mail(message);
            assert_eq!(mail.to, notice.email, "{kind:?}");
            let told = format!("{}\n\n{}\n\n-- SMS\n{}\n", mail.subject, mail.text, notice.sms);
            assert!(!told.contains(['{', '}', '|']), "{told}");
            let path = format!("{}/../fixtures/customer_mail/{file}.{tongue}.txt", env!("CARGO_MANIFEST_DIR"));
            if crate::mapping::bless() {
                std::fs::write(&path, &told).unwrap();
            }
            assert_eq!(told, std::fs::read_to_string(&path).unwrap_or_default(), "{path}");
        }
    }
}

#[test]
fn the_language_is_the_countrys_or_else_the_names_or_what_is_configured() {
    let told = |change: &dyn Fn(&mut Party)| {
        let mut message = message(MessageKind::OrderReleased);
        change(message.order.ship_to.as_mut().unwrap());
        message.order.buyer = message.order.ship_to.clone();
        shipped().prepared(message).notice.unwrap().language
    };
    assert_eq!(told(&|_| {}), "en");
    assert_eq!(told(&|party| party.address.as_mut().unwrap().country = "TW".to_owned()), "zh");
    assert_eq!(told(&|party| party.address = None), "en");
    assert_eq!(told(&|party| (party.name, party.address) = ("欧阳娜娜".to_owned(), None)), "zh");
    let english = Wording { tongue: Some(Tongue::English), ..shipped() };
    let notice = english.prepared(chinese(message(MessageKind::OrderReleased))).notice.unwrap();
    assert!(notice.language == "en" && notice.subject.contains("confirmed"), "{notice:?}");
}

#[test]
fn whoever_left_no_address_or_is_forgotten_ends_as_done() {
    let skipped = |connector: &dyn Connector, change: &dyn Fn(&mut Message)| {
        let mut message = message(MessageKind::OrderReleased);
        change(&mut message);
        match connector.step(&shipped().prepared(message), &[], None) {
            Step::Done(receipt) => receipt.kept.into_iter().find(|kept| kept.name == SKIPPED).unwrap().value,
            other => format!("{other:?}"),
        }
    };
    let with_mail = |address: &'static str| {
        move |message: &mut Message| message.order.buyer.as_mut().unwrap().emails = vec![address.to_owned()]
    };
    let forgotten = |message: &mut Message| (message.order.buyer, message.order.ship_to) = (None, None);
    assert_eq!(skipped(&CustomerMail, &forgotten), "no_address");
    assert_eq!(skipped(&CustomerSms, &forgotten), "no_phone");
    for address in ["nobody", "a@b", "张三@例子.中国", "a@b.nl, c@d.nl", "a@b.nl\r\nBcc: x@y.z", "<a@b.nl>", "@b.nl"]
    {
        assert_eq!(skipped(&CustomerMail, &with_mail(address)), "address_unusable", "{address}");
    }
    let no_number = |message: &mut Message| message.order.buyer.as_mut().unwrap().phones = vec!["-".to_owned()];
    assert_eq!(skipped(&CustomerSms, &no_number), "phone_unusable");
}

#[test]
fn a_gateway_gets_the_form_its_mapping_writes() {
    let form = "name = \"gateway\"\nversion = 1\ntells = [\"order_released\"]\nencoding = \"form\"\n[body]\n\
                To = { from = \"notice.phone\", optional = true }\n\
                Body = { from = \"notice.sms\", optional = true }\nFrom = { const = \"Lamps & Co\" }\n";
    let form = Outgoing::read("out/gateway.toml", form, &Tables::default()).unwrap();
    let wording = Wording { forms: vec![Arc::new(form)], ..shipped() };
    let mut told = message(MessageKind::OrderReleased);
    told.order.buyer.as_mut().unwrap().phones = vec!["+31 6 1234-5678".to_owned()];
    let told = wording.prepared(told);
    let Step::Call(Request::Http(request)) = wording.step(&CustomerSms, &told, &[], None) else { panic!("no call") };
    let body = String::from_utf8(request.body).unwrap();
    assert!(body.starts_with("To=%2B31+6+1234-5678&Body=Your+order+%231001+is+confirmed"), "{body}");
    assert!(body.ends_with("&From=Lamps+%26+Co"), "{body}");
    let content = request.headers.iter().find(|(name, _)| name == "content-type").unwrap();
    assert_eq!(content.1, "application/x-www-form-urlencoded");
    // What has something inside it is no form.
    let nested = "name = \"g\"\nversion = 1\ntells = [\"order_released\"]\nencoding = \"form\"\n[body]\n\"a.b\" = \"order.id\"\n";
    assert_eq!(Outgoing::read("out/g.toml", nested, &Tables::default()).unwrap_err()[0].code, "option_unfit");
}

#[test]
fn every_mistake_in_the_texts_has_its_line() {
    let good = "name = \"c\"\nversion = 1\nline = { zh = \"{title}\", en = \"{sku}\" }\n\
                [order_released]\nzh = { subject = \"好\", mail = \"{name|客}\", sms = \"{{好}}\" }\n\
                en = { subject = \"S\", mail = \"{lines}\", sms = \"{number}\" }\n";
    let read = |text: &str| Notices::read("notices/c.toml", text);
    let notice = read(good).unwrap().write(&chinese(message(MessageKind::OrderReleased)), None).unwrap();
    assert_eq!((notice.mail.as_str(), notice.sms.as_str()), ("王小明", "{好}"));
    let table = [
        ("{number}", "{numbr}", "unknown_word 6"),
        ("{number}", "{number", "place_unclosed 6"),
        ("{number}", "number}", "place_unclosed 6"),
        ("{number}", "{parcels}", "place_unfit 6"),
        ("{title}", "{number}", "unknown_word 3"),
        ("sms = \"{number}\"", "smss = \"{number}\"", "missing_key 6, unknown_key 6"),
        ("subject = \"S\"", "subject = \"S\\nT\"", "wrong_type 6"),
        ("subject = \"S\"", "subject = \"\"", "wrong_type 6"),
        ("subject = \"S\"", "subject = 7", "wrong_type 6"),
        ("en = { sub", "nl = { sub", "missing_key 4, unknown_key 6"),
        ("[order_released]", "[order_changed]", "unknown_key 4, missing_key 1"),
        (", en = \"{sku}\"", "", "missing_key 3"),
        ("version = 1", "version = 0", "wrong_type 2, missing_key 1"),
    ];
    for (from, to, wanted) in table {
        assert!(good.contains(from), "{from}");
        let faults = read(&good.replace(from, to)).unwrap_err();
        let mut told: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.code, fault.line)).collect();
        let mut wanted: Vec<_> = wanted.split(", ").collect();
        told.sort();
        wanted.sort_unstable();
        assert_eq!(told, wanted, "{to}");
        assert!(faults.iter().all(|fault| LINT_CODES.contains(&fault.code)), "{faults:?}");
    }
    let long = good.replace("{number}", &"x".repeat(501));
    assert_eq!(read(&long).unwrap_err()[0].code, "text_too_long");
}
