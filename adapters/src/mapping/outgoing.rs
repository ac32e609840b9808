//! Outgoing mappings: a TOML file says where each field of a partner's message is in ours, and in which form.
//!
//! *Architecture invariant:* an outgoing mapping has no conditions either. It is linted when it is loaded; what it may name is
//! listed in [`schema`], so that a field that is not there in every message is found then and not at night.

mod lint;
mod schema;
mod shape;

use super::{Fault, path::Path, path::Step as PathStep, values::Tables, values::Values};
use crate::connectors::view;
use model::{message::MessageKind, money::Currency, port::outbound::Message};
use serde_json::Value;
use shape::{Out, Shape};
use std::sync::Arc;

/// A linted outgoing mapping, ready to write messages.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The name it gives itself; the file's name without `.toml`.
    pub name: String,
    /// Counts the changes of its file.
    pub version: u32,
    /// The kinds of message it writes.
    pub tells: Vec<MessageKind>,
    encoding: Encoding,
    body: Body,
}

/// How the message goes over the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    Json,
    /// `name=value&...`, as HTML forms are sent.
    Form,
}

/// One object of the partner's message.
#[derive(Clone, Debug, Default)]
struct Body {
    fields: Vec<Field>,
    lists: Vec<List>,
}

#[derive(Clone, Debug)]
struct Field {
    /// Names from the object's root down.
    to: Vec<String>,
    /// Alternatives: the first that has something in it counts.
    from: Vec<Path>,
    table: Option<(Arc<Values>, Option<String>)>,
    shape: Shape,
    nothing: Nothing,
}

/// What stands there when our message has nothing.
#[derive(Clone, PartialEq, Debug)]
enum Nothing {
    /// The message cannot be sent; the lint lets this pass only where there always is something.
    Wrong,
    LeftOut,
    Default(Out),
}

/// An object for each entry of a list.
#[derive(Clone, Debug)]
struct List {
    to: Vec<String>,
    each: Path,
    body: Body,
}

/// The message and the entry a path starts at.
#[derive(Clone, Copy)]
struct At<'v> {
    root: &'v Value,
    here: &'v Value,
    currency: Currency,
}

impl Outgoing {
    /// Reads and lints an outgoing mapping. `file` is only its name in faults.
    ///
    /// # Errors
    /// Every mistake in the file, in its order.
    pub fn read(file: &str, text: &str, tables: &Tables) -> Result<Self, Vec<Fault>> {
        lint::read(file, text, tables)
    }

    /// The content type of what it writes.
    pub const fn media_type(&self) -> &'static str {
        match self.encoding {
            Encoding::Json => "application/json",
            Encoding::Form => "application/x-www-form-urlencoded",
        }
    }

    /// The partner's message, in its encoding.
    ///
    /// # Errors
    /// The field that cannot be written: a value that is not there, not in its table, or not in the form asked for.
    pub fn write(&self, message: &Message) -> Result<Vec<u8>, String> {
        let root = view(message).ok_or_else(|| "message".to_owned())?;
        let at = At { root: &root, here: &root, currency: message.order.total.currency };
        let written = self.body.write(at)?;
        let mut out = String::with_capacity(1024);
        match self.encoding {
            Encoding::Json => written.write(&mut out),
            Encoding::Form => written.write_form(&mut out),
        }
        Ok(out.into_bytes())
    }
}

impl Body {
    fn write(&self, at: At<'_>) -> Result<Out, String> {
        let mut object = Out::Object(Vec::new());
        for field in &self.fields {
            if let Some(value) = field.value(at).ok_or_else(|| field.to.join("."))? {
                object.put(&field.to, value);
            }
        }
        for list in &self.lists {
            let Some(entries) = at.find(&list.each).and_then(Value::as_array) else { continue };
            let written = entries.iter().map(|here| list.body.write(At { here, ..at }));
            let written =
                written.collect::<Result<Vec<_>, _>>().map_err(|field| format!("{}.{field}", list.to.join(".")))?;
            object.put(&list.to, Out::List(written));
        }
        Ok(object)
    }
}

impl Field {
    /// `Some(None)`: left out; `None`: it cannot be written.
    fn value(&self, at: At<'_>) -> Option<Option<Out>> {
        let mut found = self.from.iter().filter_map(|path| at.find(path)).filter(|value| !value.is_null());
        let first = found.clone().find(|value| value.as_str() != Some("")).or_else(|| found.next());
        let empty = first.is_none_or(|value| value.as_str() == Some(""));
        match (&self.nothing, first) {
            (Nothing::Default(value), _) if empty => Some(Some(value.clone())),
            (Nothing::LeftOut, None) => Some(None),
            (_, None) => None,
            (_, Some(value)) => match &self.table {
                None => self.shape.write(value, at.currency).map(Some),
                Some((table, otherwise)) => {
                    let word = table.get(value.as_str()?).or(otherwise.as_deref())?;
                    Some(Some(Out::Text(word.to_owned())))
                }
            },
        }
    }
}

impl<'v> At<'v> {
    fn find(self, path: &Path) -> Option<&'v Value> {
        let from = if path.from_record { self.root } else { self.here };
        path.steps.iter().try_fold(from, |value, step| match step {
            PathStep::Key(key) => value.get(key),
            PathStep::Index(index) => value.get(index),
            PathStep::Each => None,
        })
    }
}
