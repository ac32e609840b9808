//! What comes of a command: events, or a refusal that changed nothing. One function for each command.

mod outside;
mod people;
mod taken_up;

pub(super) use self::outside::REDECIDED;
pub use self::taken_up::{BY_MASTER_DATA, may_be_taken_up, taken_up};
use self::{
    outside::{expire_reservation, lose_stock, redecide, ship, stock_arrived, track},
    people::{amend, approve, cancel, decline, resolve_hold, unallocate, void_approval},
};
use super::{
    advance::{self, advance},
    change,
    command::{Amendment, Command},
    deed::{Deed, Done},
    event::{Actor, Event},
    promise,
    refusal::Refusal,
    state::{Decision, Heard, Hold, Order, ReleaseRule, Slot, Stage},
};
use crate::{
    codes::Channel,
    facts::Facts,
    ids::{DocumentId, OrderId},
    said::{Args, Content, PartyRef, Payment, PaymentState},
};

/// The hold that says a channel asked for what we could not do any more.
pub const CHANNEL_CHANGE_REFUSED: &str = "channel_change_refused";

/// What a channel may ask in vain, besides restating the order.
const CANCEL: &str = "cancel";

/// The identity of the order a command is about, known even before the order is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    pub id: OrderId,
    pub channel: Channel,
    pub external_id: String,
}

/// Carries `command` out on `slot`, as far as the order can go.
///
/// # Errors
/// A [`Refusal`] when the command cannot be done; nothing has changed then. What a *channel* asks in vain is no
/// refusal but an event, because the channel cannot be told.
pub fn decide(
    identity: &Identity,
    slot: Slot,
    command: &Command,
    actor: &Actor,
    facts: &Facts,
) -> Result<Done, Refusal> {
    let mut deed = Deed::new(identity.id, slot, actor, facts);
    match command {
        Command::Place { content, document } => place(&mut deed, identity, content, *document)?,
        Command::Restate { before, content, document } => restate(&mut deed, before, content, *document)?,
        Command::NoteStale { version, known, document } => {
            if deed.slot() == &Slot::Empty {
                return Err(Refusal::new("unknown_order"));
            }
            deed.push(Event::Stale { version: *version, known: *known, document: *document });
        }
        Command::ChannelCancel { reason, document } => {
            let heard = Heard::Cancelled { reason: reason.clone() };
            channel_cancel(&mut deed, identity, heard, reason, *document)?;
        }
        Command::ChannelDelete { document } => {
            channel_cancel(&mut deed, identity, Heard::Deleted, "deleted_by_channel", *document)?;
        }
        Command::ChannelPaid => channel_paid(&mut deed, identity)?,
        Command::ChannelRefund { id, amount } => channel_refund(&mut deed, identity, id, *amount)?,
        Command::Approve { digest } => approve(&mut deed, digest)?,
        Command::Decline { why } => decline(&mut deed, why)?,
        Command::ResolveHold { code, how } => resolve_hold(&mut deed, code, how)?,
        Command::Amend(amendment) => amend(&mut deed, amendment)?,
        Command::Cancel { reason } => cancel(&mut deed, reason)?,
        Command::Redecide => redecide(&mut deed)?,
        Command::TakeUp { holds } => return taken_up::take_up(deed, holds),
        Command::StockArrived => stock_arrived(&mut deed)?,
        Command::ExpireReservation => expire_reservation(&mut deed)?,
        Command::CheckLate => promise::check_late(&mut deed)?,
        Command::LoseStock { fulfilments } => lose_stock(&mut deed, fulfilments)?,
        Command::Ship { fulfilment, parcel } => ship(&mut deed, *fulfilment, parcel)?,
        Command::Track { fulfilment, parcel, status, at } => track(&mut deed, *fulfilment, parcel, *status, *at)?,
        Command::SetPayment { payment } => person_sets_payment(&mut deed, payment)?,
    }
    advance(&mut deed);
    Ok(deed.done())
}

/// The placed order, or why there is none.
fn placed<'d>(deed: &'d Deed<'_>) -> Result<&'d Order, Refusal> {
    match deed.slot() {
        Slot::Placed(order) => Ok(order),
        Slot::Empty => Err(Refusal::new("unknown_order")),
        Slot::Awaited(_) => Err(Refusal::new("not_placed")),
    }
}

/// A placed order that may still change.
fn alive<'d>(deed: &'d Deed<'_>) -> Result<&'d Order, Refusal> {
    let order = placed(deed)?;
    match order.decision {
        Decision::Cancelled { .. } => Err(Refusal::new("already_cancelled")),
        Decision::Closed => Err(Refusal::new("order_closed")),
        Decision::Open { .. } | Decision::Blocked { .. } | Decision::Released => Ok(order),
    }
}

fn place(
    deed: &mut Deed<'_>,
    identity: &Identity,
    content: &Content<PartyRef>,
    document: Option<DocumentId>,
) -> Result<(), Refusal> {
    let heard = match deed.slot() {
        Slot::Placed(_) => return Err(Refusal::new("already_placed")),
        Slot::Awaited(awaited) => awaited.heard.clone(),
        Slot::Empty => Vec::new(),
    };
    deed.push(Event::Placed {
        channel: identity.channel.clone(),
        external_id: identity.external_id.clone(),
        creator: deed.actor().clone(),
        document,
        content: content.clone(),
    });
    let mut gone = None;
    for early in heard {
        match early {
            Heard::Cancelled { reason } => gone = gone.or(Some(reason)),
            Heard::Deleted => gone = gone.or_else(|| Some("deleted_by_channel".to_owned())),
            Heard::Paid => {
                // Stated as paid already.
                let _unchanged = paid(deed);
            }
            Heard::Refunded { id, amount } => deed.push(Event::Refunded { id, amount }),
        }
    }
    gone.map_or(Ok(()), |reason| cancel(deed, &reason))
}

fn restate(
    deed: &mut Deed<'_>,
    before: &Content<PartyRef>,
    now: &Content<PartyRef>,
    document: Option<DocumentId>,
) -> Result<(), Refusal> {
    let ours = placed(deed)?.content();
    let (content, changes) = change::take_over(&ours, before, now);
    if changes.is_empty() {
        return Err(Refusal::new("nothing_to_do"));
    }
    if changes.iter().all(change::Change::is_payment) && !changes_terms(deed, &content.header.payment) {
        return set_payment(deed, &content.header.payment);
    }
    let allowed = alive(deed).and_then(|order| may_change(order, &changes, &content));
    match allowed {
        Ok(()) => amended(deed, content, changes, document, None),
        Err(refusal) => {
            refuse_channel(deed, "restate", &refusal, document);
            // Money moved whatever becomes of the rest; the terms stay as they were agreed.
            let state = content.header.payment.state;
            let _unchanged = set_payment(deed, &Payment { state, ..payment(deed)?.clone() });
        }
    }
    Ok(())
}

fn amended(
    deed: &mut Deed<'_>,
    content: Content<PartyRef>,
    changes: Vec<change::Change>,
    document: Option<DocumentId>,
    amendment: Option<Amendment>,
) {
    unallocate(deed, "amended");
    deed.push(Event::Amended { content, changes, document, amendment });
    void_approval(deed);
}

/// What may change once goods have left: nothing about where they go, and no line below what has shipped.
fn may_change(order: &Order, changes: &[change::Change], content: &Content<PartyRef>) -> Result<(), Refusal> {
    if !order.has_shipped() {
        return Ok(());
    }
    if let Some(change) = changes.iter().find(|c| !c.field.starts_with("items[") && !c.is_payment()) {
        return Err(Refusal::new("already_shipped").with("field", &change.field));
    }
    for line in order.active().filter(|l| !l.counters.shipped.is_zero()) {
        let wanted = content.items.iter().find(|i| i.key == line.item.key);
        let enough = wanted.is_some_and(|i| {
            // As many ordered units as have shipped, the line's own factor between the two.
            let shipped = i128::from(line.counters.shipped.0) * i128::from(line.item.quantity.0);
            i128::from(i.quantity.0) * i128::from(line.counters.ordered.0) >= shipped
                && i.sku == line.item.sku
                && i.unit == line.item.unit
                && i.ships == line.item.ships
        });
        if !enough {
            return Err(Refusal::new("already_shipped").with("line", line.no));
        }
    }
    Ok(())
}

/// Records what the channel asked in vain, and holds the order for a person where one can still act.
fn refuse_channel(deed: &mut Deed<'_>, asked: &str, refusal: &Refusal, document: Option<DocumentId>) {
    deed.push(Event::ChannelChangeRefused { asked: asked.to_owned(), refusal: refusal.code.clone(), document });
    if alive(deed).is_ok() {
        let mut args = Args::new();
        args.insert("asked".to_owned(), asked.to_owned());
        args.insert("refusal".to_owned(), refusal.code.clone());
        let hold = Hold {
            code: CHANNEL_CHANGE_REFUSED.to_owned(),
            owner: "order_desk".into(),
            blocks: Stage::Release,
            since: deed.facts().now,
            due: None,
            args,
            release: ReleaseRule::Person,
        };
        deed.push(Event::Held { hold });
    }
}

fn channel_cancel(
    deed: &mut Deed<'_>,
    identity: &Identity,
    heard: Heard,
    reason: &str,
    document: Option<DocumentId>,
) -> Result<(), Refusal> {
    match deed.slot() {
        Slot::Empty => heard_early(deed, identity, heard),
        Slot::Awaited(awaited) if awaited.heard.contains(&heard) => return Err(Refusal::new("nothing_to_do")),
        Slot::Awaited(_) => heard_early(deed, identity, heard),
        Slot::Placed(order) if matches!(order.decision, Decision::Cancelled { .. }) => {
            return Err(Refusal::new("nothing_to_do"));
        }
        Slot::Placed(order) if waits_for_answer(order, CANCEL) => return Err(Refusal::new("nothing_to_do")),
        Slot::Placed(_) => {
            if let Err(refusal) = cancel(deed, reason) {
                refuse_channel(deed, CANCEL, &refusal, document);
            }
        }
    }
    Ok(())
}

/// A person has not yet answered what the channel asked in vain; asking again asks nothing more.
fn waits_for_answer(order: &Order, asked: &str) -> bool {
    order.hold(CHANNEL_CHANGE_REFUSED).is_some_and(|hold| hold.args.get("asked").is_some_and(|was| was == asked))
}

fn heard_early(deed: &mut Deed<'_>, identity: &Identity, what: Heard) {
    let (channel, external_id) = (identity.channel.clone(), identity.external_id.clone());
    deed.push(Event::HeardEarly { channel, external_id, what });
}

fn channel_paid(deed: &mut Deed<'_>, identity: &Identity) -> Result<(), Refusal> {
    match deed.slot() {
        Slot::Awaited(awaited) if awaited.heard.contains(&Heard::Paid) => Err(Refusal::new("nothing_to_do")),
        Slot::Empty | Slot::Awaited(_) => {
            heard_early(deed, identity, Heard::Paid);
            Ok(())
        }
        Slot::Placed(_) => paid(deed),
    }
}

fn paid(deed: &mut Deed<'_>) -> Result<(), Refusal> {
    let payment = Payment { state: PaymentState::Paid, ..payment(deed)?.clone() };
    set_payment(deed, &payment)
}

fn payment<'d>(deed: &'d Deed<'_>) -> Result<&'d Payment, Refusal> {
    placed(deed).map(|order| &order.header.payment)
}

/// A signature binds the terms, so new ones are an amendment.
fn changes_terms(deed: &Deed<'_>, new: &Payment) -> bool {
    let terms = |p: &Payment| (p.method, p.due);
    alive(deed).is_ok_and(|order| terms(&order.header.payment) != terms(new))
}

/// What a person says of the payment.
fn person_sets_payment(deed: &mut Deed<'_>, payment: &Payment) -> Result<(), Refusal> {
    if !changes_terms(deed, payment) {
        return set_payment(deed, payment);
    }
    let ours = placed(deed)?.content();
    let mut content = ours.clone();
    content.header.payment = payment.clone();
    let changes = change::differences(&ours, &content);
    amended(deed, content, changes, None, Some(Amendment::default()));
    Ok(())
}

/// A refund with an id counts once, in however many documents it is told.
fn channel_refund(deed: &mut Deed<'_>, identity: &Identity, id: &str, amount: i64) -> Result<(), Refusal> {
    let is_known = |known: &str| !id.is_empty() && known == id;
    let again = match deed.slot() {
        Slot::Empty => false,
        Slot::Awaited(a) => a.heard.iter().any(|h| matches!(h, Heard::Refunded { id, .. } if is_known(id))),
        Slot::Placed(order) => order.refunds.iter().any(|known| is_known(known)),
    };
    if again {
        return Err(Refusal::new("nothing_to_do"));
    }
    let id = id.to_owned();
    match deed.slot() {
        Slot::Empty | Slot::Awaited(_) => heard_early(deed, identity, Heard::Refunded { id, amount }),
        Slot::Placed(_) => deed.push(Event::Refunded { id, amount }),
    }
    Ok(())
}

fn set_payment(deed: &mut Deed<'_>, payment: &Payment) -> Result<(), Refusal> {
    let order = placed(deed)?;
    if order.header.payment == *payment {
        return Err(Refusal::new("nothing_to_do"));
    }
    deed.push(Event::PaymentChanged { payment: payment.clone() });
    let settled = !matches!(payment.state, PaymentState::Pending | PaymentState::Voided);
    if settled && deed.order().is_some_and(|o| o.hold(advance::PAYMENT_PENDING).is_some()) {
        deed.push(Event::HoldResolved { code: advance::PAYMENT_PENDING.to_owned(), how: "paid".to_owned() });
    }
    Ok(())
}
