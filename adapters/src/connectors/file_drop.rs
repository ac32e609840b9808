//! A folder somebody else empties: one JSON file a message, with the whole order as of now in the ERP's words.
//!
//! The name holds the delivery's key and the content no time of ours, so a repeated attempt finds its own file.

use super::{
    Connector,
    answer::{broken_here, end, settled},
    json,
};
use model::{
    message::MessageKind,
    port::outbound::{Answer, FileRequest, Kept, Message, Repeatable, Request, Step},
    time::SECOND,
};
use serde_json::{Value, json};

/// The whole call, microseconds.
pub const DEADLINE: i64 = 10 * SECOND;
/// Characters of an order's number in a file's name.
pub const NUMBER_MAX: usize = 40;

#[derive(Debug)]
pub struct FileDrop;

impl Connector for FileDrop {
    fn name(&self) -> &'static str {
        "file_drop"
    }

    fn repeatable(&self) -> Repeatable {
        Repeatable::Idempotent
    }

    fn listens(&self) -> &'static [MessageKind] {
        &[MessageKind::OrderReleased, MessageKind::OrderChanged, MessageKind::OrderCancelled]
    }

    fn learn(&self, _message: &Message, answer: &Answer) -> Vec<Kept> {
        settled(answer)
    }

    fn step(&self, message: &Message, _kept: &[Kept], answer: Option<&Answer>) -> Step {
        let file = file_name(message);
        if let Some(answer) = answer {
            return end(answer, file);
        }
        let Some(bytes) = content(message) else { return broken_here("message_not_writable") };
        Step::Call(Request::PutFile(FileRequest { name: "drop", file, bytes, deadline: DEADLINE }))
    }
}

/// `<number>-<kind>-<key>.json`; what no file's name can hold becomes `_`.
fn file_name(message: &Message) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let about = message.replenishment.as_ref().map_or(&message.order.number, |bought| &bought.sku);
    let number: String = about.chars().take(NUMBER_MAX).map(plain).collect();
    let key: String = message.key.chars().map(plain).collect();
    format!("{number}-{}-{key}.json", message.kind.name())
}

fn content(message: &Message) -> Option<Vec<u8>> {
    if !message.kind.is_of_order() {
        let bought = message.replenishment.as_ref()?;
        let all = json!({ "message": message.kind.name(), "key": message.key, "replenishment": bought });
        return serde_json::to_vec_pretty(&all).ok();
    }
    let mut order = serde_json::to_value(json::sales_order(message)).ok()?;
    timeless(&mut order);
    if let Some(shipments) = order.get_mut("shipments").and_then(Value::as_array_mut) {
        shipments.iter_mut().for_each(timeless);
    }
    let fulfilment = message.fulfilment.as_ref().map(|fulfilment| fulfilment.id.as_str());
    let all = json!({
        "message": message.kind.name(),
        "key": message.key,
        "fulfilment": fulfilment,
        "order": order,
    });
    let mut bytes = serde_json::to_vec_pretty(&all).ok()?;
    bytes.push(b'\n');
    Some(bytes)
}

/// The time of an attempt would make each attempt another file.
fn timeless(record: &mut Value) {
    if let Some(fields) = record.as_object_mut() {
        fields.shift_remove("as_of");
    }
}
