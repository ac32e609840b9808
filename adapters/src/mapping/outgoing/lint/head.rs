//! What an outgoing mapping says of the whole message: its kinds, and how it goes over the wire.

use super::{Body, Encoding, Lint};
use crate::mapping::toml_view::Keys;
use model::message::MessageKind;

impl Lint<'_, '_> {
    pub(super) fn tells(&mut self, keys: &mut Keys<'_>) -> Vec<MessageKind> {
        let Some(item) = keys.take("tells") else {
            keys.missing("tells", self.faults);
            return Vec::new();
        };
        let mut kinds = Vec::new();
        for word in item.texts(self.faults) {
            match MessageKind::named(word) {
                Some(kind) => kinds.push(kind),
                None => self.unknown_word(&item.span(), word, &MessageKind::ALL.map(MessageKind::name)),
            }
        }
        kinds
    }

    pub(super) fn encoding(&mut self, keys: &mut Keys<'_>) -> Encoding {
        let Some(item) = keys.take("encoding") else { return Encoding::Json };
        match item.text(self.faults) {
            Some("json") | None => Encoding::Json,
            Some("form") => Encoding::Form,
            Some(word) => {
                self.unknown_word(&item.span(), word, &["json", "form"]);
                Encoding::Json
            }
        }
    }

    /// A form has names and values, and nothing inside them.
    pub(super) fn is_flat(&mut self, keys: &Keys<'_>, body: &Body) {
        if !body.lists.is_empty() || body.fields.iter().any(|field| field.to.len() > 1) {
            self.fault(
                keys.span(),
                "option_unfit",
                [("option", "encoding".to_owned()), ("fit", "a body without lists and dots".to_owned())],
            );
        }
    }
}
