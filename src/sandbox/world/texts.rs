//! Customers' phones and mailboxes: what reached them, as it came.

use super::{RECEIVED_MAX, Reply, World};
use serde::Serialize;
use serde_json::{Value, json};

/// A text message the gateway passed on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Text {
    pub number: String,
    pub to: String,
    pub text: String,
}

/// A mail the mail server took.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body as they came over the wire.
    pub content: String,
}

/// Names under which gateways take the number and the words.
const TO: [&str; 4] = ["to", "To", "phone", "mobile"];
const TEXT: [&str; 4] = ["text", "Body", "content", "message"];

impl World {
    /// Takes a text message as JSON or as a form.
    pub(in crate::sandbox) fn text(&self, body: &[u8]) -> Reply {
        let fields = fields(body);
        let named =
            |names: &[&str]| fields.iter().find(|(name, _)| names.contains(&name.as_str())).map(|f| f.1.clone());
        let (Some(to), Some(text)) = (named(&TO), named(&TEXT)) else {
            return Reply::refused(422, "to_or_text_missing");
        };
        let state = &mut self.lock().state;
        if state.texts.len() == RECEIVED_MAX {
            state.texts.pop_front();
        }
        state.texted += 1;
        let number = format!("SMS-{:06}", state.texted);
        state.texts.push_back(Text { number: number.clone(), to, text });
        Reply { status: 200, body: json!({ "id": number, "code": "OK" }) }
    }

    pub(in crate::sandbox) fn mail(&self, mail: Mail) {
        let state = &mut self.lock().state;
        if state.mails.len() == RECEIVED_MAX {
            state.mails.pop_front();
        }
        state.mails.push_back(mail);
    }
}

fn fields(body: &[u8]) -> Vec<(String, String)> {
    let text = |value: Value| value.as_str().map(str::to_owned);
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => {
            object.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
        }
        _ => form_urlencoded::parse(body).into_owned().collect(),
    }
}
