//! A mail to a desk, in both languages: what happened to which order, and its lines. It names no person.
//!
//! Mail has no key a server would honour and cannot be asked for, so a mail whose outcome is not known is a person's to
//! repeat.

use super::{
    Connector,
    answer::{broken_here, end, settled},
};
use model::{
    message::MessageKind,
    port::outbound::{Answer, Kept, MailRequest, Message, OrderView, Repeatable, ReplenishmentView, Request, Step},
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
        let (subject, text) = match &message.replenishment {
            Some(bought) => {
                let subject = format!("{} {english} / {chinese}", bought.sku);
                let text = purchase(bought, &subject);
                (subject, text)
            }
            None if !message.kind.is_of_order() => return broken_here("message_without_purchase"),
            None => {
                let subject = format!("{} {english} / {chinese}", message.order.number);
                let text = text(message, &subject);
                (subject, text)
            }
        };
        let id = message.key.clone();
        Step::Call(Request::Mail(MailRequest {
            name: "mail",
            id,
            at: message.at,
            to: None,
            subject,
            text,
            deadline: DEADLINE,
        }))
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
        MessageKind::FulfilmentLate => ("late", "已逾期"),
        MessageKind::ReorderProposed => ("to be bought", "建议采购"),
        MessageKind::ReplenishmentApproved => ("purchase approved", "采购已批准"),
    }
}

fn purchase(bought: &ReplenishmentView, subject: &str) -> String {
    let facts = [
        ("Article / 商品", bought.sku.as_str()),
        ("Warehouse / 仓库", &bought.warehouse),
        ("Quantity / 数量", &bought.quantity),
        ("On hand / 库存", &bought.on_hand),
        ("Reserved / 已预留", &bought.reserved),
        ("Incoming / 在途", &bought.incoming),
        ("Reorder point / 补货点", &bought.reorder_point),
        ("Orders wait for / 待货", &bought.waiting),
    ];
    facts.iter().fold(format!("{subject}\n\n"), |text, (what, value)| format!("{text}{what}: {value}\n"))
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
