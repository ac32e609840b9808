//! A mail to a desk, in both languages: what happened to which order, and its lines. It names no person.
//!
//! Mail has no key a server would honour and cannot be asked for, so a mail whose outcome is not known is a person's to
//! repeat.

use super::{
    Connector,
    answer::{end, settled},
};
use model::{
    message::MessageKind,
    port::outbound::{Answer, Kept, MailRequest, Message, OrderView, Repeatable, Request, Step},
    time::SECOND,
};
use std::fmt::Write;

/// The whole call, microseconds.
pub const DEADLINE: i64 = 30 * SECOND;

#[derive(Debug)]
pub struct Mail;

impl Connector for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn repeatable(&self) -> Repeatable {
        Repeatable::Unsafe
    }

    fn listens(&self) -> &'static [MessageKind] {
        &[MessageKind::OrderReleased, MessageKind::OrderCancelled]
    }

    fn learn(&self, _message: &Message, answer: &Answer) -> Vec<Kept> {
        settled(answer)
    }

    fn step(&self, message: &Message, _kept: &[Kept], answer: Option<&Answer>) -> Step {
        if let Some(answer) = answer {
            return end(answer, String::new());
        }
        let (english, chinese) = words(message.kind);
        let subject = format!("{} {english} / {chinese}", message.order.number);
        let text = text(message, &subject);
        let id = message.key.clone();
        Step::Call(Request::Mail(MailRequest { name: "mail", id, at: message.at, subject, text, deadline: DEADLINE }))
    }
}

/// What happened, in English and in Chinese.
const fn words(kind: MessageKind) -> (&'static str, &'static str) {
    match kind {
        MessageKind::OrderReleased => ("order released", "订单已放行"),
        MessageKind::OrderChanged => ("order changed", "订单已变更"),
        MessageKind::OrderCancelled => ("order cancelled", "订单已取消"),
        MessageKind::FulfilmentReleased => ("to be shipped", "待发货"),
        MessageKind::FulfilmentStopped => ("not to be shipped", "停止发货"),
        MessageKind::FulfilmentShipped => ("shipped", "已发货"),
        MessageKind::FulfilmentDelivered => ("delivered", "已送达"),
    }
}

fn text(message: &Message, subject: &str) -> String {
    let OrderView { number, channel, external_id, total, lines, wished, .. } = &message.order;
    let mut text = format!("{subject}\n\n");
    let mut say = |what: &str, value: &str| {
        // Into a text nothing can fail to be written.
        let _always_fits = writeln!(text, "{what}: {value}");
    };
    say("Order / 订单", number);
    say("Channel / 渠道", &format!("{channel} {external_id}"));
    if let Some(day) = wished {
        say("Wished / 期望送达", day);
    }
    if let Some(fulfilment) = &message.fulfilment {
        say("Warehouse / 仓库", &fulfilment.warehouse);
        say("Carrier / 承运商", &fulfilment.carrier);
        say("Parcels / 包裹", &fulfilment.parcels.join(", "));
    }
    for line in lines {
        say(&line.line.to_string(), &format!("{} {} {} {}", line.sku, line.quantity, line.unit, line.title));
    }
    say("Total / 合计", &format!("{} {}", total.decimal(), message.order.currency));
    text
}
