//! Channels: which platform speaks, which mapping reads it, and how it proves who it is.

use super::{Mistake, files::Named, hooks, nowhere, secrets};
use crate::{
    app::ChannelRuntime,
    config::{Channel, Config},
};
use adapters::{
    canonical,
    channels::{self, Arrives, Platform},
    mapping::{ChannelDefaults, Mapping, Tables},
    sign::{self, configured::Signature},
};
use std::{collections::BTreeMap, sync::Arc};

pub(super) fn read(
    config: &Config,
    mappings: &Named<Mapping>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<String, Arc<ChannelRuntime>> {
    let canonical = canonical(mistakes);
    let mut found = BTreeMap::new();
    for (code, channel) in &config.channels {
        let one = One { config, code, channel, mappings };
        if let Some(runtime) = canonical.clone().and_then(|canonical| one.read(canonical, mistakes)) {
            found.insert(code.clone(), Arc::new(runtime));
        }
    }
    found
}

/// The mapping of our own shape is part of the program: an operator's folder neither needs it nor changes it.
fn canonical(mistakes: &mut Vec<Mistake>) -> Option<Mapping> {
    let read = Mapping::read(canonical::NAME, canonical::MAPPING, &Tables::default());
    let wrong = |faults| nowhere(canonical::NAME, "unreadable", &format!("{faults:?}"));
    read.map_err(|faults| mistakes.push(wrong(faults))).ok()
}

struct One<'c> {
    config: &'c Config,
    code: &'c str,
    channel: &'c Channel,
    mappings: &'c Named<Mapping>,
}

impl One<'_> {
    fn read(&self, canonical: Mapping, mistakes: &mut Vec<Mistake>) -> Option<ChannelRuntime> {
        let (code, channel) = (self.code, self.channel);
        let platform = channels::named(&channel.platform);
        if platform.is_none() {
            let known: Vec<_> = channels::ALL.iter().map(|p| p.name).collect();
            mistakes.push(self.unknown("platform", &channel.platform, &known.join(", ")));
        }
        let mapping = self.mappings.good.get(&channel.mapping);
        if mapping.is_none() && !self.mappings.is_faulty(&channel.mapping) {
            mistakes.push(self.unknown("mapping", &channel.mapping, &self.mappings.names()));
        }
        if let (Some(platform), Some(mapping)) = (platform, mapping) {
            self.readable(platform, mapping, mistakes);
        }
        let zone = channel.zone.parse::<chrono_tz::Tz>();
        if zone.is_err() {
            let problem = format!("`{}` is no IANA zone; write one like Asia/Shanghai", channel.zone);
            mistakes.push(self.mistake("zone", "unknown_zone", &problem));
        }
        let hook = hooks::Hook { config: self.config, code, platform };
        let signature = channel.signature.as_ref().and_then(|table| hook.signature(table, mistakes));
        let topics = channel.topics.as_ref().and_then(|table| hook.topics(table, self.mappings, mistakes));
        let secrets = self.secrets(platform, signature.as_ref(), mistakes);
        Some(ChannelRuntime {
            code: code.into(),
            platform: platform?,
            mapping: mapping?.clone(),
            canonical,
            defaults: ChannelDefaults {
                currency: channel.currency,
                zone: zone.ok()?,
                country: channel.country.clone(),
            },
            signature,
            topics,
            secrets: secrets?,
            config: channel.clone(),
        })
    }

    /// What a platform posts is one JSON or XML document, not a table.
    fn readable(&self, platform: &Platform, mapping: &Mapping, mistakes: &mut Vec<Mistake>) {
        if platform.arrives == Arrives::AsWebhook && mapping.reads_tables() {
            let problem = format!(
                "`{}` reads tables, and `{}` posts JSON or XML; name a mapping that reads those",
                mapping.name, platform.name
            );
            mistakes.push(self.mistake("mapping", "mapping_unfit", &problem));
        }
    }

    /// Its signing keys; `None` when they are missing or fit no signature, which has been noted.
    fn secrets(
        &self,
        platform: Option<&'static Platform>,
        signature: Option<&Signature>,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Vec<Vec<u8>>> {
        let path = ["channels", self.code, "secrets"];
        let mut secrets = secrets(self.config, &path, &self.channel.secrets, mistakes)?;
        if let Some(platform) = platform {
            secrets = secrets.into_iter().map(platform.key).collect();
        }
        let usable = match (signature, platform.and_then(|p| p.scheme)) {
            (Some(signature), _) => signature.check_secrets(&secrets),
            // What its signature is to be is a mistake of its own.
            (None, Some(scheme)) if self.channel.signature.is_none() => sign::check_secrets(scheme, &secrets),
            (None, _) => Ok(()),
        };
        if let Err(fault) = usable {
            let problem = match self.channel.secrets.as_slice() {
                [] => "it needs at least one, to tell who sends; name it here and say in [secrets] where it comes from",
                _ => "its signing secrets cannot be used",
            };
            mistakes.push(self.mistake("secrets", fault.code(), problem));
            return None;
        }
        Some(secrets)
    }

    fn unknown(&self, key: &str, was: &str, known: &str) -> Mistake {
        self.mistake(key, &format!("unknown_{key}"), &format!("`{was}` is unknown; there are: {known}"))
    }

    fn mistake(&self, key: &str, code: &str, problem: &str) -> Mistake {
        self.config.source.mistake(&["channels", self.code, key], code, problem)
    }
}
