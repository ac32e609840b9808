//! Channels of partners that sign and name their topics in ways of their own: the tables `signature` and `topics`.

use super::{Mistake, files::Named};
use crate::config::{self, Config};
use adapters::{
    channels::{
        Platform,
        topics::{Place, Topics},
        webhook,
    },
    mapping::Mapping,
    sign::configured::{ALGORITHMS, ENCODINGS, Signature},
};
use std::collections::BTreeMap;

/// Characters of a header's name, of a prefix, of a pointer.
const TEXT_MAX: usize = 128;

/// One channel's tables.
pub(super) struct Hook<'c> {
    pub(super) config: &'c Config,
    pub(super) code: &'c str,
    pub(super) platform: Option<&'static Platform>,
}

impl Hook<'_> {
    /// How its sender signs; `None` when the table is not there, or is wrong, which has been noted.
    pub(super) fn signature(&self, table: &config::Signature, mistakes: &mut Vec<Mistake>) -> Option<Signature> {
        self.only_for_webhooks("signature", mistakes);
        let header = self.header("signature", &table.header, mistakes);
        let mut word = |key: &str, word: &str, known: &[&str]| {
            let problem = format!("`{word}` is unknown; there are: {}", known.join(", "));
            mistakes.push(self.mistake(&["signature", key], "unknown_word", &problem));
        };
        let algorithm = named(&ALGORITHMS, &table.algorithm);
        if algorithm.is_none() {
            word("algorithm", &table.algorithm, &ALGORITHMS.map(|(name, _)| name));
        }
        let encoding = named(&ENCODINGS, &table.encoding);
        if encoding.is_none() {
            word("encoding", &table.encoding, &ENCODINGS.map(|(name, _)| name));
        }
        if table.prefix.len() > TEXT_MAX || !table.prefix.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            let problem = "a prefix is printable ASCII, as headers are";
            mistakes.push(self.mistake(&["signature", "prefix"], "option_unfit", problem));
        }
        Some(Signature { header: header?, algorithm: algorithm?, encoding: encoding?, prefix: table.prefix.clone() })
    }

    /// Its mappings by topic; `None` when the table is not there, or is wrong, which has been noted.
    pub(super) fn topics(
        &self,
        table: &config::Topics,
        mappings: &Named<Mapping>,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Topics> {
        self.only_for_webhooks("topics", mistakes);
        let at = match (&table.header, &table.pointer) {
            (Some(header), None) => self.header("topics", header, mistakes).map(Place::Header),
            (None, Some(pointer)) if pointer.starts_with('/') && pointer.len() <= TEXT_MAX => {
                Some(Place::Pointer(pointer.clone()))
            }
            (None, Some(pointer)) => {
                let problem = format!("`{pointer}` is no JSON pointer such as /type");
                mistakes.push(self.mistake(&["topics", "pointer"], "bad_path", &problem));
                None
            }
            (None, None) | (Some(_), Some(_)) => {
                let problem = "a document names its topic in a `header` or at a `pointer`: one of the two";
                mistakes.push(self.mistake(&["topics"], "only_one_of", problem));
                None
            }
        };
        if table.mappings.is_empty() {
            let problem = "no topic has a mapping: nothing would ever be read";
            mistakes.push(self.mistake(&["topics", "mappings"], "missing_key", problem));
        }
        let mut by_topic = BTreeMap::new();
        for (topic, name) in &table.mappings {
            match mappings.good.get(name) {
                Some(mapping) if mapping.reads_tables() => {
                    let problem = format!("mapping `{name}` reads tables, and a webhook posts JSON or XML");
                    mistakes.push(self.mistake(&["topics", "mappings", topic], "mapping_unfit", &problem));
                }
                Some(mapping) => {
                    by_topic.insert(topic.clone(), mapping.clone());
                }
                None if mappings.is_faulty(name) => {}
                None => {
                    let problem = format!("mapping `{name}` is unknown; there are: {}", mappings.names());
                    mistakes.push(self.mistake(&["topics", "mappings", topic], "unknown_mapping", &problem));
                }
            }
        }
        Some(Topics { at: at?, mappings: by_topic })
    }

    fn only_for_webhooks(&self, table: &str, mistakes: &mut Vec<Mistake>) {
        if self.platform.is_some_and(|platform| platform.name != webhook::PLATFORM.name) {
            let problem = format!("only channels of the platform `{}` have a table `{table}`", webhook::PLATFORM.name);
            mistakes.push(self.mistake(&[table], "option_unfit", &problem));
        }
    }

    fn header(&self, table: &str, name: &str, mistakes: &mut Vec<Mistake>) -> Option<String> {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if !name.is_empty() && name.len() <= TEXT_MAX && name.bytes().all(token) {
            return Some(name.to_ascii_lowercase());
        }
        let problem = format!("`{name}` can be no header's name");
        mistakes.push(self.mistake(&[table, "header"], "not_a_header", &problem));
        None
    }

    /// A mistake of this channel, at its line.
    fn mistake(&self, path: &[&str], code: &str, problem: &str) -> Mistake {
        let full: Vec<&str> = ["channels", self.code].into_iter().chain(path.iter().copied()).collect();
        self.config.source.mistake(&full, code, problem)
    }
}

fn named<T: Copy>(list: &[(&str, T)], word: &str) -> Option<T> {
    list.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}
