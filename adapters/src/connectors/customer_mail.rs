//! A mail to the customer, in the customer's language: confirmed, shipped, delivered, late. The texts are a file of notices.
//!
//! As with every mail, one whose outcome is not known is a person's to repeat: nobody is told twice by us.

use super::{
    CUSTOMERS_HEAR, Connector, NOTICES,
    answer::{broken_here, end, settled},
    mail::DEADLINE,
    nobody_to_tell,
};
use model::{
    message::MessageKind,
    port::outbound::{Answer, Kept, MailRequest, Message, Repeatable, Request, Step},
};

/// Bytes of an address (RFC 5321).
const ADDRESS_MAX: usize = 254;

#[derive(Debug)]
pub struct CustomerMail;

impl Connector for CustomerMail {
    fn name(&self) -> &'static str {
        "customer_mail"
    }

    fn repeatable(&self) -> Repeatable {
        Repeatable::Unsafe
    }

    fn listens(&self) -> &'static [MessageKind] {
        &NOTICES
    }

    fn takes(&self) -> &'static [MessageKind] {
        &CUSTOMERS_HEAR
    }

    fn learn(&self, _message: &Message, answer: &Answer) -> Vec<Kept> {
        settled(answer)
    }

    fn step(&self, message: &Message, _kept: &[Kept], answer: Option<&Answer>) -> Step {
        if let Some(answer) = answer {
            return end(answer, String::new());
        }
        let Some(notice) = &message.notice else { return broken_here("message_without_notice") };
        match &notice.email {
            None => nobody_to_tell("no_address"),
            Some(address) if !is_address(address) => nobody_to_tell("address_unusable"),
            Some(address) => Step::Call(Request::Mail(MailRequest {
                name: "mail",
                id: message.key.clone(),
                at: message.at,
                to: Some(address.clone()),
                subject: notice.subject.clone(),
                text: notice.mail.clone(),
                deadline: DEADLINE,
            })),
        }
    }

    fn tells_customers(&self) -> bool {
        true
    }
}

/// What a mail server can be told: not every one takes more than ASCII.
fn is_address(text: &str) -> bool {
    let plain =
        text.is_ascii() && text.len() <= ADDRESS_MAX && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let forbidden = text.contains(['<', '>', ',', ';', '"', '(', ')']);
    plain
        && !forbidden
        && text.split_once('@').is_some_and(|(who, at)| !who.is_empty() && at.contains('.') && !at.contains('@'))
}
