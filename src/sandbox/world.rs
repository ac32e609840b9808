//! What the partners know: records, effects, parcels, and what is to go wrong.

mod carrier;
mod crm;
mod hook;
mod texts;

pub use carrier::Booking;
pub use hook::Hook;
pub use texts::{Mail, Text};

use super::Options;
use model::time::SECOND;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Requests that are remembered; older ones are forgotten.
pub(super) const RECEIVED_MAX: usize = 10_000;
/// Records of a kind that are remembered; a new one beyond is refused.
pub(super) const RECORDS_MAX: usize = 1_000_000;

/// Whom a fault befalls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Partner {
    Erp,
    Crm,
    Carrier,
    /// Whoever receives our webhooks.
    Hook,
    /// The gateway that passes text messages on.
    Sms,
}

/// How a partner goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 500, nothing done.
    Fail,
    /// Takes the request and never answers; nothing done.
    Stall,
    /// 200 with a page of HTML; nothing done.
    Garbage,
    /// Does what it was asked and loses its answer.
    ApplyAndLose,
    /// Does what it was asked and answers one byte a second.
    Drip,
    /// 422 with a code; nothing done.
    Refuse,
    /// 429 with `Retry-After`; nothing done.
    Busy,
    /// 302 to an address inside the house; nothing done.
    Redirect,
}

impl Mode {
    /// The request is done although its answer goes wrong.
    pub(super) const fn applies(self) -> bool {
        match self {
            Self::ApplyAndLose | Self::Drip => true,
            Self::Fail | Self::Stall | Self::Garbage | Self::Refuse | Self::Busy | Self::Redirect => false,
        }
    }
}

/// A sales order or shipment as the ERP has it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Record {
    pub id: String,
    /// The ERP's own number.
    pub number: String,
    /// Key of the last write done.
    pub key: String,
    /// `open` or `cancelled`; of a shipment the state it was told.
    pub status: String,
    /// Writes done.
    pub writes: u32,
    /// The last body.
    pub body: Value,
}

/// A parcel the carrier has made of a released shipment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Parcel {
    pub carrier: String,
    pub number: String,
    /// The shipment was stopped before it left.
    pub stopped: bool,
}

/// One request as it came in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Received {
    pub partner: Partner,
    pub method: String,
    pub path: String,
    /// `Idempotency-Key`; empty when there was none.
    pub key: String,
    pub fault: Option<Mode>,
}

/// Everything the partners know.
#[derive(Clone, Debug, Serialize, Default)]
pub struct State {
    pub orders: BTreeMap<String, Record>,
    pub shipments: BTreeMap<String, Record>,
    /// What is to be bought.
    pub requisitions: BTreeMap<String, Record>,
    pub customers: BTreeMap<String, Value>,
    /// What the CRM knows of orders.
    pub summaries: BTreeMap<String, Record>,
    /// What the carrier has booked, by our reference.
    pub bookings: BTreeMap<String, Booking>,
    /// Webhooks received, oldest first; of those over 10,000 the newest.
    pub hooks: VecDeque<Hook>,
    /// Text messages passed on, oldest first; of those over 10,000 the newest.
    pub texts: VecDeque<Text>,
    /// How many there ever were.
    pub texted: u64,
    /// Mails taken, as with text messages.
    pub mails: VecDeque<Mail>,
    /// By shipment id.
    pub parcels: BTreeMap<String, Parcel>,
    /// How often each key had an effect. A partner remembers only the last key of a record, so 2 means that an older
    /// write was sent again after a newer one.
    pub effects: BTreeMap<String, u32>,
    /// Writes that told an older state (`as_of`) than the one before.
    pub went_back: u32,
    /// Requests ever received.
    pub requests: u64,
    /// The newest 10,000 of them, oldest first.
    pub received: VecDeque<Received>,
}

/// A state a parcel was in, and when the service first said so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Node {
    pub(super) code: String,
    /// Microseconds.
    pub(super) at: i64,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) options: Options,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: State,
    faults: BTreeMap<Partner, (Mode, u32)>,
    forgetful: bool,
    /// By parcel number.
    histories: BTreeMap<String, Vec<Node>>,
}

/// What a write came to, or a question.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// Collections of records: the ERP's, and the CRM's summaries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Order,
    Requisition,
    Shipment,
    Summary,
}

impl Reply {
    /// As it goes over the wire; what is no JSON is kept as text.
    pub(super) fn text(&self) -> String {
        match &self.body {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        }
    }

    pub(super) fn refused(status: u16, code: &str) -> Self {
        Self { status, body: json!({ "code": code }) }
    }

    fn record(record: &Record) -> Self {
        let Record { id, number, key, status, .. } = record;
        Self { status: 200, body: json!({ "id": id, "number": number, "key": key, "status": status }) }
    }
}

impl World {
    pub(super) fn new(options: Options) -> Self {
        Self { options, inner: Mutex::new(Inner { forgetful: options.forgetful, ..Inner::default() }) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> State {
        self.lock().state.clone()
    }

    pub(super) fn set_fault(&self, partner: Partner, mode: Mode, times: u32) {
        let faults = &mut self.lock().faults;
        if times == 0 {
            faults.remove(&partner);
        } else {
            faults.insert(partner, (mode, times));
        }
    }

    /// Notes a request and gives what shall go wrong with it.
    pub(super) fn receive(&self, partner: Partner, method: &str, path: &str, key: &str) -> Option<Mode> {
        let mut inner = self.lock();
        let fault = inner.fault(partner, method);
        let state = &mut inner.state;
        state.requests += 1;
        if state.received.len() == RECEIVED_MAX {
            state.received.pop_front();
        }
        let (method, path, key) = (method.to_owned(), path.to_owned(), key.to_owned());
        state.received.push_back(Received { partner, method, path, key, fault });
        fault
    }

    /// Writes a sales order, a shipment or a requisition; a key done last is not done again.
    pub(super) fn put(&self, kind: Kind, id: &str, key: &str, body: &[u8]) -> Reply {
        let body = match read(id, key, body) {
            Ok(body) => body,
            Err(code) => return Reply::refused(422, code),
        };
        let status = match kind {
            Kind::Order | Kind::Summary => "open",
            Kind::Requisition => body.get("state").and_then(Value::as_str).unwrap_or("proposed"),
            Kind::Shipment => body.get("state").and_then(Value::as_str).unwrap_or("released"),
        };
        let status = status.to_owned();
        let mut inner = self.lock();
        let known = inner.records(kind).get(id);
        if known.is_some_and(|r| r.key != key && kind == Kind::Order && r.status == CANCELLED) {
            return Reply::refused(409, "order_cancelled");
        }
        if kind == Kind::Shipment && known.is_none_or(|r| r.key != key) {
            inner.carry(id, &status, &body);
        }
        inner.write(kind, id, key, status, body)
    }

    /// Cancels a sales order; one the ERP never heard of stays cancelled, should it still come.
    pub(super) fn cancel(&self, id: &str, key: &str) -> Reply {
        if key.is_empty() {
            return Reply::refused(400, "key_missing");
        }
        let mut inner = self.lock();
        let body = inner.records(Kind::Order).get(id).map_or(Value::Null, |record| record.body.clone());
        inner.write(Kind::Order, id, key, CANCELLED.to_owned(), body)
    }

    pub(super) fn find(&self, kind: Kind, id: &str) -> Reply {
        match self.lock().records(kind).get(id) {
            Some(record) if !self.options.forgetful => Reply::record(record),
            _ => Reply::refused(404, "unknown"),
        }
    }

    /// The history of a parcel that ends in these states now. States told before keep their times; when other ones are
    /// told than before, the history begins anew.
    pub(super) fn history(&self, number: &str, states: &[String], now: i64) -> Vec<Node> {
        let mut inner = self.lock();
        if inner.histories.len() >= RECORDS_MAX && !inner.histories.contains_key(number) {
            inner.histories.clear();
        }
        let told = inner.histories.entry(number.to_owned()).or_default();
        if told.iter().zip(states).any(|(node, state)| node.code != *state) {
            told.clear();
        }
        for (i, code) in states.iter().enumerate().skip(told.len()) {
            let still_to_come = i64::try_from(states.len() - 1 - i).unwrap_or(0);
            let after_the_last = told.last().map_or(i64::MIN, |node| node.at + SECOND);
            let at = (now - still_to_come * SECOND).max(after_the_last);
            told.push(Node { code: code.clone(), at });
        }
        told[..states.len()].to_vec()
    }
}

/// A body that is an object about `id`.
fn read(id: &str, key: &str, body: &[u8]) -> Result<Value, &'static str> {
    if key.is_empty() {
        return Err("key_missing");
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| "not_json")?;
    match body.get("id").and_then(Value::as_str) {
        Some(told) if told == id => Ok(body),
        Some(_) => Err("about_another"),
        None => Err("id_missing"),
    }
}

impl Inner {
    /// What shall go wrong now; a lost answer waits for a write.
    fn fault(&mut self, partner: Partner, method: &str) -> Option<Mode> {
        let (mode, times) = self.faults.get_mut(&partner)?;
        let mode = *mode;
        if mode == Mode::ApplyAndLose && method == "GET" {
            return None;
        }
        *times -= 1;
        if *times == 0 {
            self.faults.remove(&partner);
        }
        Some(mode)
    }

    fn records(&mut self, kind: Kind) -> &mut BTreeMap<String, Record> {
        match kind {
            Kind::Order => &mut self.state.orders,
            Kind::Requisition => &mut self.state.requisitions,
            Kind::Shipment => &mut self.state.shipments,
            Kind::Summary => &mut self.state.summaries,
        }
    }

    fn write(&mut self, kind: Kind, id: &str, key: &str, status: String, body: Value) -> Reply {
        let count = self.records(kind).len();
        let forgetful = self.forgetful;
        let known = self.records(kind).get(id);
        match known {
            Some(record) if record.key == key && !forgetful => return Reply::record(record),
            None if count >= RECORDS_MAX => return Reply::refused(422, "sandbox_full"),
            Some(_) | None => {}
        }
        let prefix = match kind {
            Kind::Order => "SO",
            Kind::Requisition => "PR",
            Kind::Shipment => "SH",
            Kind::Summary => "CO",
        };
        let number = known.map_or_else(|| format!("{prefix}-{}", 1001 + count), |record| record.number.clone());
        let writes = known.map_or(0, |record| record.writes) + 1;
        let went_back = known.is_some_and(|record| as_of(&body) < as_of(&record.body));
        let record = Record { id: id.to_owned(), number, key: key.to_owned(), status, writes, body };
        let reply = Reply::record(&record);
        self.records(kind).insert(id.to_owned(), record);
        self.state.went_back += u32::from(went_back);
        *self.state.effects.entry(key.to_owned()).or_default() += 1;
        reply
    }

    /// The carrier hears of the shipment: a released one gets a parcel, a stopped one loses it.
    fn carry(&mut self, id: &str, status: &str, body: &Value) {
        let parcels = &mut self.state.parcels;
        match status {
            "released" if !parcels.contains_key(id) => {
                let carrier = body.get("carrier").and_then(Value::as_str).unwrap_or_default().to_owned();
                let parcel = Parcel { carrier, number: parcel_number(id), stopped: false };
                parcels.insert(id.to_owned(), parcel);
            }
            CANCELLED => {
                if let Some(parcel) = parcels.get_mut(id) {
                    parcel.stopped = true;
                }
            }
            _ => {}
        }
    }
}

const CANCELLED: &str = "cancelled";

/// When a body's state was so; `None` sorts before every time.
fn as_of(body: &Value) -> Option<i64> {
    let text = body.get("as_of")?.as_str()?;
    Some(chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros())
}

/// The same number for the same shipment, in every sandbox.
pub(super) fn parcel_number(shipment: &str) -> String {
    let hash = Sha256::digest(shipment.as_bytes());
    let number = hash.iter().take(7).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!("SB{:013}", number % 10_000_000_000_000)
}
