//! Connectors: who is told what, in which form, and whether we can prove ourselves to them.

use super::{Forms, MAPPINGS, Mistake, OUTGOING, files, note, tables};
use crate::{
    app::Listener,
    config::{self, Config},
    dispatch::{self, auth::Credentials},
};
use adapters::{
    connectors::{self, Connector},
    mapping::Outgoing,
};
use model::message::MessageKind;
use std::{collections::BTreeMap, sync::Arc};

pub(super) fn listeners(config: &Config, mistakes: &mut Vec<Mistake>) -> Vec<Listener> {
    let mut found = Vec::new();
    for (name, connector) in &config.connectors {
        let mistake =
            |key: &str, code: &str, problem: &str| config.source.mistake(&["connectors", name, key], code, problem);
        if let Err(error) = dispatch::check_address(config, name, connector)
            && !error.place.starts_with("secrets.")
        {
            let (key, code) =
                if error.place.ends_with(".auth") { ("auth", "auth_unfit") } else { ("url", "bad_address") };
            mistakes.push(mistake(key, code, &error.problem));
        }
        if let Err(error) = Credentials::of(config, &format!("connectors.{name}.auth"), &connector.auth)
            && !config.source.is_faulty(&error.place.split('.').collect::<Vec<_>>())
        {
            mistakes.push(mistake("auth", "auth_unfit", &error.to_string()));
        }
        let mut told = Vec::new();
        for name in &connector.listens {
            let known = || MessageKind::ALL.map(MessageKind::name).join(", ");
            match MessageKind::named(name) {
                Some(kind) => told.push(kind),
                None => mistakes.push(mistake(
                    "listens",
                    "unknown_message",
                    &format!("no message is called `{name}`; there are: {}", known()),
                )),
            }
        }
        let Some(kind) = connectors::named(&connector.kind) else {
            let known: Vec<_> = connectors::ALL.iter().map(|kind| kind.name()).collect();
            let problem = format!("`{}` is unknown; there are: {}", connector.kind, known.join(", "));
            mistakes.push(mistake("kind", "unknown_connector", &problem));
            continue;
        };
        let kinds = if connector.listens.is_empty() { kind.listens().to_vec() } else { told };
        found.push(Listener { connector: name.clone(), kinds });
    }
    found
}

/// The outgoing mappings that connectors use; every one there is is read, so that mistakes are found before it is used.
pub(super) fn forms(config: &Config, mistakes: &mut Vec<Mistake>) -> Forms {
    // What is wrong with the folder or its tables has been said of the other mappings.
    let mut said = Vec::new();
    let files = files(&config.mappings, &MAPPINGS, &mut said);
    let tables = tables(&files, &mut said);
    let mut all: BTreeMap<String, Arc<Outgoing>> = BTreeMap::new();
    for (file, text) in files.iter().filter(|(file, _)| file.starts_with(OUTGOING)) {
        match Outgoing::read(file, text, &tables) {
            Ok(form) => drop(all.insert(form.name.clone(), Arc::new(form))),
            Err(faults) => note(faults, mistakes),
        }
    }
    let mut found = Forms::new();
    for (name, connector) in &config.connectors {
        let Some(kind) = connectors::named(&connector.kind) else { continue };
        let mistake =
            |code: &str, problem: &str| config.source.mistake(&["connectors", name, "messages"], code, problem);
        let (forms, wrong) = of_connector(connector, kind, &all, &mistake);
        mistakes.extend(wrong);
        found.insert(name.clone(), forms);
    }
    found
}

fn of_connector(
    connector: &config::Connector,
    kind: &dyn Connector,
    all: &BTreeMap<String, Arc<Outgoing>>,
    mistake: &dyn Fn(&str, &str) -> Mistake,
) -> (Vec<Arc<Outgoing>>, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let mut forms: Vec<Arc<Outgoing>> = Vec::new();
    let mut told: Vec<MessageKind> = Vec::new();
    for name in &connector.messages {
        let Some(form) = all.get(name) else {
            let known: Vec<_> = all.keys().map(String::as_str).collect();
            let problem = format!("outgoing mapping `{name}` is unknown; there are: {}", known.join(", "));
            mistakes.push(mistake("unknown_mapping", &problem));
            continue;
        };
        for message in &form.tells {
            if kind.mapped_call(*message).is_none() {
                let problem =
                    format!("`{}` takes no mapping of {}, as `{name}` is one", connector.kind, message.name());
                mistakes.push(mistake("mapping_unfit", &problem));
            } else if told.contains(message) {
                let problem = format!("{} is written by two mappings; `{name}` is the second", message.name());
                mistakes.push(mistake("mapping_unfit", &problem));
            }
            told.push(*message);
        }
        forms.push(Arc::clone(form));
    }
    (forms, mistakes)
}
