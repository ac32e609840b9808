//! Connectors: who is told what, and whether we can prove ourselves to them.

use super::Mistake;
use crate::{
    app::Listener,
    config::Config,
    dispatch::{self, auth::Credentials},
};
use adapters::connectors;
use model::message::MessageKind;

pub(super) fn listeners(config: &Config, mistakes: &mut Vec<Mistake>) -> Vec<Listener> {
    let mut found = Vec::new();
    for (name, connector) in &config.connectors {
        let mistake =
            |key: &str, code: &str, problem: &str| config.source.mistake(&["connectors", name, key], code, problem);
        if let Err(error) = dispatch::check_address(config, name, connector)
            && !error.place.starts_with("secrets.")
        {
            let (key, code) = match error.place.rsplit('.').next() {
                Some("auth") => ("auth", "auth_unfit"),
                Some("ca") => ("ca", "unreadable"),
                _ => ("url", "bad_address"),
            };
            mistakes.push(mistake(key, code, &error.problem));
        }
        if let Err(error) = Credentials::of(config, &format!("connectors.{name}.auth"), &connector.auth)
            && !config.source.is_faulty(&error.place.split('.').collect::<Vec<_>>())
        {
            let problem = if error.place.starts_with("secrets.") { error.to_string() } else { error.problem };
            mistakes.push(mistake("auth", "auth_unfit", &problem));
        }
        let kind = connectors::named(&connector.kind);
        let takes = kind.map_or(&MessageKind::ALL[..], |kind| kind.takes());
        let mut told = Vec::new();
        for message in &connector.listens {
            match listened(message, &connector.kind, takes) {
                Ok(kind) => told.push(kind),
                Err((code, problem)) => mistakes.push(mistake("listens", code, &problem)),
            }
        }
        let Some(kind) = kind else {
            let known: Vec<_> = connectors::ALL.iter().map(|kind| kind.name()).collect();
            let problem = format!("`{}` is unknown; there are: {}", connector.kind, known.join(", "));
            mistakes.push(mistake("kind", "unknown_connector", &problem));
            continue;
        };
        let kinds = if connector.listens.is_empty() { kind.listens().to_vec() } else { told };
        if !connector.channels.is_empty() && connector.channels.iter().any(|code| !config.channels.contains_key(code)) {
            let known: Vec<_> = config.channels.keys().map(String::as_str).collect();
            let problem = format!("names a channel that is not there; there are: {}", known.join(", "));
            mistakes.push(mistake("channels", "unknown_channel", &problem));
        }
        let channels = connector.channels.iter().map(|code| code.as_str().into()).collect();
        found.push(Listener { connector: name.clone(), kinds, channels });
    }
    found
}

/// The message of this name, when there is one and a connector of `kind` can be told of it; else a code and words.
fn listened(name: &str, kind: &str, takes: &[MessageKind]) -> Result<MessageKind, (&'static str, String)> {
    let names = |of: &[MessageKind]| of.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let Some(message) = MessageKind::named(name) else {
        let problem = format!("no message is called `{name}`; there are: {}", names(&MessageKind::ALL));
        return Err(("unknown_message", problem));
    };
    if takes.contains(&message) {
        return Ok(message);
    }
    Err(("message_unfit", format!("`{kind}` cannot be told of `{name}`; it takes: {}", names(takes))))
}
