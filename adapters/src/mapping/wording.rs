//! How one partner's messages are written where the connector's own form is not wanted.

use super::{Notices, Outgoing, Tongue};
use crate::connectors::Connector;
use model::{
    port::outbound::{Answer, Failure, Kept, Message, Request, Step},
    said::args,
};
use std::sync::Arc;

/// The outgoing mappings and the notices of one configured connector.
#[derive(Clone, Debug, Default)]
pub struct Wording {
    pub forms: Vec<Arc<Outgoing>>,
    /// What customers are told; for connectors that tell them.
    pub notices: Option<Arc<Notices>>,
    /// The language of all notices; `None`: the customer's own.
    pub tongue: Option<Tongue>,
}

impl Wording {
    /// The message with what its customer is to be told.
    #[must_use]
    pub fn prepared(&self, message: Message) -> Message {
        let notice = self.notices.as_ref().and_then(|notices| notices.write(&message, self.tongue));
        Message { notice, ..message }
    }

    /// The connector's next step, with its body written by the form that tells this kind of message, if there is one.
    pub fn step(&self, connector: &dyn Connector, message: &Message, kept: &[Kept], answer: Option<&Answer>) -> Step {
        let mut request = match connector.step(message, kept, answer) {
            Step::Call(Request::Http(request)) => request,
            other => return other,
        };
        let is_mapped = connector.mapped_call(message.kind) == Some(request.name);
        if let Some(form) = self.forms.iter().find(|form| is_mapped && form.tells.contains(&message.kind)) {
            match form.write(message) {
                Ok(body) => {
                    request.body = body;
                    let of_content = |(name, _): &&mut (String, String)| name.eq_ignore_ascii_case("content-type");
                    if let Some((_, content)) = request.headers.iter_mut().find(of_content) {
                        form.media_type().clone_into(content);
                    }
                }
                Err(field) => {
                    let args = args([("why", format!("{}: {field}", form.name))]);
                    return Step::Failed(Failure::Broken { code: "message_broken".to_owned(), args });
                }
            }
        }
        Step::Call(Request::Http(request))
    }
}
