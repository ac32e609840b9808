//! How connectors' messages are written: outgoing mappings, and notices to customers.

use super::{
    Mistake, Wordings,
    files::{Files, NOTICES, Named, OUTGOING},
};
use crate::config::{self, Config};
use adapters::{
    connectors::{self, Connector},
    mapping::{Notices, Outgoing, Tongue, Wording},
};
use model::message::MessageKind;
use std::sync::Arc;

/// The notices of a connector that tells customers and names none.
const USUAL: &str = "customer";

/// Every file there is, by its name.
struct All {
    forms: Named<Arc<Outgoing>>,
    notices: Named<Arc<Notices>>,
}

/// The wording of each connector; every file there is is read, so that mistakes are found before it is used.
pub(super) fn read(config: &Config, mistakes: &mut Vec<Mistake>) -> Wordings {
    let all = all(config, mistakes);
    let mut found = Wordings::new();
    for (name, connector) in &config.connectors {
        let Some(kind) = connectors::named(&connector.kind) else { continue };
        let one = One { config, name, connector, kind };
        let forms = one.forms(&all.forms, mistakes);
        let notices = one.notices(&all.notices, mistakes);
        let tongue = one.tongue(mistakes);
        found.insert(name.clone(), Arc::new(Wording { forms, notices, tongue }));
    }
    found
}

fn all(config: &Config, mistakes: &mut Vec<Mistake>) -> All {
    // What is wrong with the folder or its tables has been said of the other mappings.
    let mut said = Vec::new();
    let files = Files::mappings(config, &mut said);
    let tables = files.tables(&mut said);
    let mut found = All { forms: Named::new(&files), notices: Named::new(&files) };
    for (file, text) in &files.all {
        if file.starts_with(OUTGOING) {
            match Outgoing::read(file, text, &tables) {
                Ok(form) => drop(found.forms.good.insert(form.name.clone(), Arc::new(form))),
                Err(faults) => {
                    found.forms.note_faulty(file);
                    files.note(faults, mistakes);
                }
            }
        } else if file.starts_with(NOTICES) {
            match Notices::read(file, text) {
                Ok(notices) => drop(found.notices.good.insert(notices.name.clone(), Arc::new(notices))),
                Err(faults) => {
                    found.notices.note_faulty(file);
                    files.note(faults, mistakes);
                }
            }
        }
    }
    found
}

/// One configured connector.
struct One<'c> {
    config: &'c Config,
    name: &'c str,
    connector: &'c config::Connector,
    kind: &'static dyn Connector,
}

impl One<'_> {
    fn forms(&self, all: &Named<Arc<Outgoing>>, mistakes: &mut Vec<Mistake>) -> Vec<Arc<Outgoing>> {
        let mut forms: Vec<Arc<Outgoing>> = Vec::new();
        let mut told: Vec<MessageKind> = Vec::new();
        for name in &self.connector.messages {
            let Some(form) = all.good.get(name) else {
                if !all.is_faulty(name) {
                    let problem = format!("outgoing mapping `{name}` is unknown; there are: {}", all.names());
                    mistakes.push(self.mistake("messages", "unknown_mapping", &problem));
                }
                continue;
            };
            for message in &form.tells {
                let kind = &self.connector.kind;
                if self.kind.mapped_call(*message).is_none() {
                    let problem = format!("`{kind}` takes no mapping of {}, as `{name}` is one", message.name());
                    mistakes.push(self.mistake("messages", "mapping_unfit", &problem));
                } else if told.contains(message) {
                    let problem = format!("{} is written by two mappings; `{name}` is the second", message.name());
                    mistakes.push(self.mistake("messages", "mapping_unfit", &problem));
                }
                told.push(*message);
            }
            forms.push(Arc::clone(form));
        }
        forms
    }

    /// What customers are told; `None` for connectors that tell others.
    fn notices(&self, all: &Named<Arc<Notices>>, mistakes: &mut Vec<Mistake>) -> Option<Arc<Notices>> {
        let named = self.connector.notices.as_str();
        if !self.kind.tells_customers() {
            if !named.is_empty() {
                let problem = format!("`{}` tells no customers, so it has no notices", self.connector.kind);
                mistakes.push(self.mistake("notices", "option_unfit", &problem));
            }
            return None;
        }
        let name = if named.is_empty() { USUAL } else { named };
        let Some(notices) = all.good.get(name) else {
            if !all.is_faulty(name) {
                let problem = format!("notices `{name}` are unknown; there are: {}", all.names());
                mistakes.push(self.mistake("notices", "unknown_notices", &problem));
            }
            return None;
        };
        let listed = self.connector.listens.iter().filter_map(|name| MessageKind::named(name));
        let told: Vec<MessageKind> =
            if self.connector.listens.is_empty() { self.kind.listens().to_vec() } else { listed.collect() };
        for kind in told.iter().filter(|kind| notices.tells().all(|known| known != **kind)) {
            let problem = format!("notices `{name}` have no text for {}", kind.name());
            mistakes.push(self.mistake("listens", "notice_missing", &problem));
        }
        Some(Arc::clone(notices))
    }

    fn tongue(&self, mistakes: &mut Vec<Mistake>) -> Option<Tongue> {
        let named = self.connector.language.as_str();
        let tongue = Tongue::named(named);
        if tongue.is_none() && !named.is_empty() {
            let problem = format!("`{named}` is no language; write zh or en, or leave it out for the customer's own");
            mistakes.push(self.mistake("language", "unknown_word", &problem));
        }
        tongue
    }

    fn mistake(&self, key: &str, code: &str, problem: &str) -> Mistake {
        self.config.source.mistake(&["connectors", self.name, key], code, problem)
    }
}
