//! Carriers that call us back: who they are and how they prove it.

use super::{Mistake, files::words, secrets};
use crate::{
    config::{CarrierCallback, Config},
    words::Language,
};
use adapters::carriers::{
    self,
    signed::{Form, KIND},
};
use model::said::args;

pub(super) fn check(config: &Config, mistakes: &mut Vec<Mistake>) {
    for (code, callback) in &config.carriers {
        let mistake = |keys: &[&str], code_of: &str, problem: &str| {
            config.source.mistake(&[&["carriers", code], keys].concat(), code_of, problem)
        };
        let Some(caller) = callback.caller() else {
            mistakes.push(mistake(&["kind"], "unknown_carrier", &unknown(callback)));
            continue;
        };
        for fault in callback.form.iter().flat_map(Form::lint) {
            let args = args([("was", fault.was)]);
            let problem = words(Language::English, fault.code, &args);
            let keys: Vec<_> = std::iter::once("form").chain(fault.key.split('.')).collect();
            mistakes.push(Mistake { args: Some(args), ..mistake(&keys, fault.code, &problem) });
        }
        let path = ["carriers", code, "secret"];
        let Some(secrets) = secrets(config, &path, std::slice::from_ref(&callback.secret), mistakes) else { continue };
        if let Err(fault) = caller.check_secrets(&secrets) {
            mistakes.push(mistake(&["secret"], fault.code(), "its secret cannot be used"));
        }
    }
}

fn unknown(callback: &CarrierCallback) -> String {
    let kind = &callback.kind;
    match (kind == KIND, carriers::named(kind)) {
        (true, _) => format!("kind `{KIND}` needs the table `form`"),
        (false, Some(_)) => format!("kind `{kind}` has a form of its own; the table `form` is for `{KIND}`"),
        (false, None) => {
            let known: Vec<_> = carriers::ALL.iter().map(|carrier| carrier.name).chain([KIND]).collect();
            format!("kind `{kind}` is unknown; there are: {}", known.join(", "))
        }
    }
}
