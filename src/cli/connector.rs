//! `tributary connector try`: what a partner would be sent, and nothing is.

use super::{
    Wrong,
    config_file::{self, ConfigFile},
    language::Lang,
    out,
};
use crate::{
    clock::Clock,
    dispatch::rehearse::{Asked, Rehearsed, rehearse},
    store::{Store, StoreOptions, bulk::Lock, orders, sqlite_path},
    words::Language,
};
use adapters::connectors;
use anyhow::{Context as _, Result};
use model::{
    ids::{FulfilmentId, OrderId},
    message::MessageKind,
    order::state::{Order, Slot},
    port::outbound::{Failure, Outcome, Step},
    time::SECOND,
};
use serde_json::Value;
use std::path::PathBuf;

/// Try what a connector would send, without sending it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the requests for an order's message, step by step; nothing is sent and nothing is written
    Try(TryArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tributary connector try erp --order 0198c0de-0000-5000-8000-000000000001 --config tributary.toml
  tributary connector try van --order ID --message fulfilment_released --answer booked.json

An answer file holds one answer or a list of them: { \"status\": 200, \"headers\": {}, \"json\": {} } or \"text\" instead of
\"json\"; { \"outcome\": \"unknown\" } for one that is lost, { \"outcome\": \"not_sent\" } for no connection. After the last one
each call is answered with 200 and nothing in it. Secrets are shown as [REDACTED]; people are shown as the partner sees
them. A server may go on working meanwhile.")]
struct TryArgs {
    /// The connector's name in the configuration
    connector: String,
    /// The order's id
    #[arg(long, value_name = "ID")]
    order: OrderId,
    /// The message's kind, e.g. order_changed; the first the connector is told of when left out
    #[arg(long, value_name = "KIND")]
    message: Option<String>,
    /// The fulfilment a message is about; the order's first when left out
    #[arg(long, value_name = "ID")]
    fulfilment: Option<FulfilmentId>,
    /// Answers of the partner
    #[arg(long, value_name = "FILE")]
    answer: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    lang: Lang,
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let Command::Try(args) = &args.command;
    let checked = args.config.checked()?;
    let known: Vec<&str> = checked.config.connectors.keys().map(String::as_str).collect();
    let Some(connector) = checked.config.connectors.get(&args.connector) else {
        let problem = format!("no connector is called `{}`; there are: {}", args.connector, known.join(", "));
        return Err(Wrong(problem).into());
    };
    let kind = message_kind(args, &connector.kind)?;
    let answers = answers(&args.answer)?;
    let database = &checked.config.database;
    if let Some(path) = sqlite_path(&database.url).filter(|path| !path.exists()) {
        return Err(Wrong(format!("{} does not exist", path.display())).into());
    }
    let (url, allow_unsafe) = (database.url.clone(), database.allow_unsafe);
    let store = Store::open(&StoreOptions { url, allow_unsafe, ..StoreOptions::default() }).await?;
    let order = load(&store, args.order).await?;
    let wording = checked.wordings.get(&args.connector).cloned().unwrap_or_default();
    let asked = Asked {
        config: &checked.config,
        connector: &args.connector,
        wording: &wording,
        order: args.order,
        fulfilment: fulfilment(args, kind, &order)?,
        kind,
        answers,
    };
    let rehearsed = rehearse(&store, asked, Clock::system().now()).await?;
    tell(&rehearsed, kind, args.lang.language());
    Ok(())
}

fn message_kind(args: &TryArgs, connector: &str) -> Result<MessageKind> {
    let listens = connectors::named(connector).map_or(&[] as &[MessageKind], |kind| kind.listens());
    let Some(name) = &args.message else {
        return listens.first().copied().ok_or_else(|| Wrong("the connector is told of nothing".to_owned()).into());
    };
    let all = MessageKind::OF_ORDERS.map(MessageKind::name).join(", ");
    let named = MessageKind::named(name).filter(|kind| kind.is_of_order());
    named.ok_or_else(|| Wrong(format!("no message about an order is called `{name}`; there are: {all}")).into())
}

async fn load(store: &Store, id: OrderId) -> Result<Box<Order>> {
    match orders::load(store.read(), &[id], Lock::No).await?.remove(&id) {
        Some(Slot::Placed(order)) => Ok(order),
        Some(_) | None => Err(Wrong(format!("there is no order {id}")).into()),
    }
}

/// The fulfilment of messages that are about one.
fn fulfilment(args: &TryArgs, kind: MessageKind, order: &Order) -> Result<Option<FulfilmentId>> {
    if kind.name().starts_with("order") {
        return Ok(None);
    }
    let first = order.fulfilments.first().map(|fulfilment| fulfilment.id);
    let none = || Wrong(format!("{} is about a fulfilment, and the order has none", kind.name())).into();
    args.fulfilment.or(first).map(Some).ok_or_else(none)
}

fn answers(files: &[PathBuf]) -> Result<Vec<Outcome>> {
    let mut answers = Vec::new();
    for file in files {
        let told: Value = serde_json::from_slice(&config_file::read(file)?)
            .with_context(|| format!("{} is no JSON", file.display()))?;
        let told = if let Value::Array(list) = told { list } else { vec![told] };
        for one in told {
            let wrong = || Wrong(format!("{}: {one} is no answer; see --help", file.display()));
            answers.push(outcome(&one).ok_or_else(wrong)?);
        }
    }
    Ok(answers)
}

fn outcome(answer: &Value) -> Option<Outcome> {
    let code = "partner_down".to_owned();
    match answer.get("outcome").and_then(Value::as_str) {
        Some("unknown") => return Some(Outcome::Unknown { code }),
        Some("not_sent") => return Some(Outcome::NotSent { code }),
        Some("done") => return Some(Outcome::Done),
        Some(_) => return None,
        None => {}
    }
    let body = match (answer.get("json"), answer.get("text")) {
        (Some(json), None) => json.to_string(),
        (None, text) => text.map_or(Some(""), Value::as_str)?.to_owned(),
        (Some(_), Some(_)) => return None,
    };
    let headers = answer.get("headers").and_then(Value::as_object).into_iter().flatten();
    let headers =
        headers.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect::<Option<_>>()?;
    Some(Outcome::Http {
        status: u16::try_from(answer.get("status")?.as_u64()?).ok()?,
        headers,
        body: body.into_bytes(),
    })
}

fn tell(rehearsed: &Rehearsed, kind: MessageKind, language: Language) {
    out::line(&format!("Message {} under the key {}", kind.name(), rehearsed.key));
    for (n, call) in rehearsed.calls.iter().enumerate() {
        out::line(&format!("\n{}. {} ({})", n + 1, call.line, call.name));
        for (name, value) in &call.headers {
            out::line(&format!("   {name}: {value}"));
        }
        if !call.body.is_empty() {
            out::line(&format!("\n{}\n", body(&call.body)));
        }
        out::line(&format!("   <- {}", answer(&call.answer)));
    }
    out::line(&format!("\n{}", end(rehearsed.end.as_ref(), language)));
    out::line("Nothing was sent.");
}

/// JSON is laid out for reading, when that changes no digit of it; anything else is shown as it is.
fn body(bytes: &[u8]) -> String {
    let value = serde_json::from_slice::<Value>(bytes).ok().filter(|value| value.to_string().as_bytes() == bytes);
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    pretty.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
}

fn answer(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Http { status, body, .. } if body.is_empty() => format!("{status} with nothing in it"),
        Outcome::Http { status, body, .. } => format!("{status} {}", String::from_utf8_lossy(body)),
        Outcome::Done => "done".to_owned(),
        Outcome::Failed(failure) => format!("failed: {failure:?}"),
        Outcome::NotSent { .. } => "no connection".to_owned(),
        Outcome::Unknown { .. } => "the answer is lost".to_owned(),
    }
}

fn end(end: Option<&Step>, language: Language) -> String {
    match end {
        None => "It would go on for ever; the delivery would wait for a person.".to_owned(),
        Some(Step::Call(_)) => String::new(),
        Some(Step::Wait(micros)) => format!("It would ask again after {} seconds.", micros / SECOND),
        Some(Step::Done(receipt)) => {
            let papers =
                receipt.attachments.iter().map(|paper| format!("{} of {} bytes", paper.kind, paper.bytes.len()));
            let brought: Vec<String> =
                receipt.parcels.iter().map(|number| format!("parcel {number}")).chain(papers).collect();
            let brought = if brought.is_empty() { String::new() } else { format!(" ({})", brought.join(", ")) };
            format!("Done: {}{brought}", receipt.reference)
        }
        Some(Step::Failed(Failure::Later { code, after })) => {
            let words = language.say(code, &model::said::Args::new()).detail;
            let after = after.map_or_else(String::new, |micros| format!(", not before {} seconds", micros / SECOND));
            format!("Later{after}: {words} [{code}]")
        }
        Some(Step::Failed(Failure::Refused { code, args } | Failure::Broken { code, args })) => {
            format!("For a person: {} [{code}]", language.say(code, args).detail)
        }
    }
}
