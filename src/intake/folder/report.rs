//! What became of a file, for whoever put it into the folder.

use super::settle::Outcome;
use crate::{
    app::Core,
    store::{
        StoreError,
        documents::{Document, DocumentState},
        rejects::{self, Numbered},
    },
    words::{Entry, Language},
};
use model::said::{Args, args};
use serde_json::{Value, json};

/// Rejects told in a report; the document has all of them.
const TOLD_MAX: u64 = 1_000;

/// The outcome of a document that was read, and its report.
pub(super) async fn of(
    core: &Core,
    name: &str,
    document: &Document,
    duplicate: bool,
) -> Result<(Outcome, Vec<u8>), StoreError> {
    let db = core.store.read();
    let faults = rejects::list(db, document.id, 0, TOLD_MAX).await?;
    let count = rejects::count(db, document.id).await?;
    let held = document.summary.as_ref().and_then(|summary| summary.held.clone());
    let held = held.filter(|_| document.state == DocumentState::Held);
    let outcome = if held.is_some() || count > 0 { Outcome::Failed } else { Outcome::Done };
    let report = json!({
        "file": name,
        "document": document.id,
        "duplicate": duplicate,
        "outcome": outcome.folder(),
        "orders": { "good": document.orders_good, "bad": document.orders_bad },
        "held": held.map(|held| said(&held.code, &held.args)),
        "rejects_in_all": count,
        "rejects": faults.iter().map(reject).collect::<Vec<_>>(),
    });
    Ok((outcome, text(&report)))
}

/// The report of a file that was not even stored.
pub(super) fn refused<const N: usize>(name: &str, code: &str, known: [(&str, String); N]) -> Vec<u8> {
    let mut known = args(known);
    known.insert("was".to_owned(), String::new());
    known.insert("field".to_owned(), String::new());
    text(&json!({ "file": name, "outcome": Outcome::Failed.folder(), "refused": said(code, &known) }))
}

fn reject(Numbered { no, reject }: &Numbered) -> Value {
    let mut fault = in_all(&reject.code, |language| language.say_reject(reject));
    fault["no"] = json!(no);
    fault["order_key"] = json!(reject.order_key);
    fault["field"] = json!(reject.field);
    fault["location"] = json!(reject.location);
    fault["was"] = json!(reject.was);
    fault
}

/// A code with its words in every language: nobody asked in one.
fn said(code: &str, known: &Args) -> Value {
    in_all(code, |language| language.say(code, known))
}

fn in_all(code: &str, say: impl Fn(Language) -> Entry) -> Value {
    let words = |language: Language| {
        let entry = say(language);
        json!({ "title": entry.title, "detail": entry.detail, "remedy": entry.remedy })
    };
    json!({ "code": code, "en": words(Language::English), "zh": words(Language::Chinese) })
}

fn text(report: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(report).unwrap_or_default();
    text.push(b'\n');
    text
}
