//! The order core as tables: what each state answers to each command, what each event looks like when stored, and what
//! must hold whatever happens.

mod golden;
mod late;
mod mended;
mod random;
mod table;

use crate::{
    stories::{Story, channel, person},
    world::{content, item, stock},
};
use model::{
    measure::Quantity,
    order::{
        command::{Amendment, Command},
        event::{Actor, Parcel},
        state::{Fulfilment, FulfilmentState, Line},
    },
    port::inbound::TrackingStatus,
    said::{Item, PaymentState},
};
use std::path::PathBuf;

/// True when the stored answers shall be written anew instead of compared.
#[expect(clippy::disallowed_methods, reason = "a test that rewrites its own snapshot is told so by the environment")]
pub(crate) fn bless() -> bool {
    std::env::var_os("TRIBUTARY_BLESS").is_some()
}

pub(crate) fn crate_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn place(items: Vec<Item>) -> Command {
    Command::Place { content: content(items), document: None }
}

pub(crate) fn place_unpaid(items: Vec<Item>) -> Command {
    let mut content = content(items);
    content.header.payment.state = PaymentState::Pending;
    Command::Place { content, document: None }
}

pub(crate) fn parcel(number: &str) -> Parcel {
    Parcel { carrier: "sf".into(), number: number.into() }
}

pub(crate) fn approve() -> Command {
    Command::Approve { digest: String::new() }
}

pub(crate) fn quantity(line: u32, quantity: i64) -> Command {
    Command::Amend(Amendment { quantities: vec![(line, Quantity::whole(quantity))], ..Amendment::default() })
}

pub(crate) fn cancelled_by_channel() -> Command {
    Command::ChannelCancel { reason: "customer".into(), document: None }
}

pub(crate) fn desk() -> Actor {
    person("wang", "order_desk")
}

pub(crate) fn manager() -> Actor {
    person("li", "sales_manager")
}

impl Story {
    /// Only these goods are there, all in Shanghai.
    pub(crate) fn only(&mut self, sku: &str, in_shanghai: i64) {
        for (code, there) in [("SH", in_shanghai), ("GZ", 0)] {
            self.facts.stock.insert((sku.into(), code.into()), stock(there));
        }
    }

    /// Places an order by its channel.
    pub(crate) fn placed(mut self, items: Vec<Item>) -> Self {
        self.tell(&channel(), &place(items));
        self
    }

    /// The first fulfilment that still holds stock, else the first.
    pub(crate) fn fulfilment(&self) -> Option<&Fulfilment> {
        let all = &self.slot.order()?.fulfilments;
        all.iter().find(|f| f.state.holds_stock()).or_else(|| all.first())
    }

    pub(crate) fn line(&self, no: u32) -> &Line {
        self.order().line(no).expect("a line")
    }

    /// Ships every released fulfilment; gives their parcels' numbers.
    pub(crate) fn ship_all(&mut self) {
        for (at, f) in self.order().fulfilments.clone().iter().enumerate() {
            if f.state == FulfilmentState::Released {
                let parcel = parcel(&format!("SF{at}"));
                self.tell(&Actor::System, &Command::Ship { fulfilment: f.id, parcel });
            }
        }
    }

    pub(crate) fn deliver_all(&mut self) {
        for f in self.order().fulfilments.clone() {
            for state in f.state.parcels() {
                let (parcel, status) = (state.parcel.clone(), TrackingStatus::Delivered);
                let track = Command::Track { fulfilment: f.id, parcel, status, at: self.facts.now };
                self.tell(&Actor::System, &track);
            }
        }
    }
}

/// Two lamps at their price.
pub(crate) fn two_lamps() -> Vec<Item> {
    vec![item("1", "L1", 2, "100")]
}
