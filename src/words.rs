//! Words for codes, at the edge only: everything inside speaks in stable codes and typed arguments.

use model::said::{Args, Reject};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::OnceLock};

/// The languages we speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    #[default]
    English,
    Chinese,
}

/// What is said of a code; `{name}` stands for an argument.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub title: String,
    #[serde(default)]
    pub detail: String,
    #[serde(default)]
    pub remedy: String,
}

impl Language {
    /// The language an `Accept-Language` header wants most that we have.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0, Self::default());
        for part in header.split(',').take(16) {
            let mut pieces = part.trim().split(';');
            let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = pieces.find_map(|p| p.trim().strip_prefix("q=")).map_or(1000, permille);
            let language = match tag.split('-').next() {
                Some("zh") => Self::Chinese,
                Some("en" | "*") => Self::English,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The entry of `code` with its arguments put in; an unknown code speaks for itself.
    pub fn say(self, code: &str, args: &Args) -> Entry {
        let Some(entry) = self.table().get(code) else {
            return Entry { title: code.to_owned(), ..Entry::default() };
        };
        let fill = |text: &str| filled(text, args);
        Entry { title: fill(&entry.title), detail: fill(&entry.detail), remedy: fill(&entry.remedy) }
    }

    /// The entry of a reject's code. The words of every reject may name what was there, its field and its order.
    pub fn say_reject(self, reject: &Reject) -> Entry {
        let mut known = reject.args.clone();
        for (name, value) in [("was", &reject.was), ("field", &reject.field), ("order_key", &reject.order_key)] {
            known.entry(name.to_owned()).or_insert_with(|| value.clone());
        }
        self.say(&reject.code, &known)
    }

    /// Every code of this language.
    pub fn table(self) -> &'static BTreeMap<String, Entry> {
        static ENGLISH: OnceLock<BTreeMap<String, Entry>> = OnceLock::new();
        static CHINESE: OnceLock<BTreeMap<String, Entry>> = OnceLock::new();
        match self {
            Self::English => ENGLISH.get_or_init(|| read(include_str!("../locales/en.toml"))),
            Self::Chinese => CHINESE.get_or_init(|| read(include_str!("../locales/zh.toml"))),
        }
    }
}

/// What stands for an argument that is not known: those of things stored by an older program may lack one.
pub const UNKNOWN: &str = "…";

/// `text` with its arguments put in, each once: what an argument itself says in braces stays.
fn filled(text: &str, args: &Args) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(args.get(name).map_or(UNKNOWN, String::as_str));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// `q=0.8` as 800; nonsense counts nothing.
fn permille(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(whole), Ok(part)) => (whole * 1000 + part).min(1000),
        _ => 0,
    }
}

/// The tables are inside the binary, and a test reads both; a broken one speaks in bare codes.
fn read(text: &str) -> BTreeMap<String, Entry> {
    toml::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%error, "a locale table is broken");
        BTreeMap::new()
    })
}
