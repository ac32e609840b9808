//! The lint of notices: every mistake at once, each with its line and column.

use super::{
    Notices, Piece, Text, Texts, Tongue,
    place::{OF_LINES, PLACES, Place},
};
use crate::connectors::CUSTOMERS_HEAR;
use crate::mapping::{
    fault::{Fault, Faults, nearest},
    toml_view::{self, Item, Keys},
};
use model::{message::MessageKind, said::args};
use std::{collections::BTreeMap, ops::Range};

/// Characters of a text message, places not yet filled.
const SMS_MAX: usize = 500;
/// Characters of a subject and of a mail.
const SUBJECT_MAX: usize = 200;
const MAIL_MAX: usize = 20_000;

pub(super) fn read(file: &str, source: &str) -> Result<Notices, Vec<Fault>> {
    let mut faults = Faults::new(file, source);
    let table = toml_view::parse(source, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into_sorted());
    }
    let mut keys = Keys::new(table.get_ref(), 0..0);
    let (name, version) = keys.head(&mut faults);
    let carriers = carriers(&mut keys, &mut faults);
    let lines = lines(&mut keys, &mut faults);
    let mut texts = BTreeMap::new();
    for kind in CUSTOMERS_HEAR {
        if let Some(mut of_kind) = keys.table(kind.name(), &mut faults) {
            for tongue in Tongue::ALL {
                let found = of_kind.table(tongue.name(), &mut faults);
                match found.and_then(|keys| one(keys, kind, &mut faults)) {
                    Some(found) => drop(texts.insert((kind, tongue), found)),
                    None if !of_kind.was_there(tongue.name()) => of_kind.missing(tongue.name(), &mut faults),
                    None => {}
                }
            }
            of_kind.finish(&mut faults);
        }
    }
    if texts.is_empty() && faults.is_empty() {
        keys.missing(MessageKind::OrderReleased.name(), &mut faults);
    }
    keys.finish(&mut faults);
    match (name, version) {
        (Some(name), Some(version)) if faults.is_empty() => {
            Ok(Notices { name: name.to_owned(), version, texts, lines, carriers })
        }
        _ => Err(faults.into_sorted()),
    }
}

fn carriers(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> BTreeMap<(Tongue, String), String> {
    let mut found = BTreeMap::new();
    let Some(mut by_tongue) = keys.table("carriers", faults) else { return found };
    for tongue in Tongue::ALL {
        let Some(mut names) = by_tongue.table(tongue.name(), faults) else { continue };
        for (code, _, name) in names.rest() {
            if let Some(name) = name.text(faults) {
                found.insert((tongue, code.to_owned()), name.to_owned());
            }
        }
    }
    by_tongue.finish(faults);
    found
}

/// How a line is written, in both languages.
fn lines(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> BTreeMap<Tongue, Text<super::OfLine>> {
    let mut found = BTreeMap::new();
    let Some(mut by_tongue) = keys.table("line", faults) else {
        keys.missing("line", faults);
        return found;
    };
    for tongue in Tongue::ALL {
        match by_tongue.take(tongue.name()) {
            Some(item) => {
                let text = item.text(faults).map(|words| pieces(words, &item.span(), &OF_LINES, faults));
                found.extend(text.map(|text| (tongue, text)));
            }
            None => by_tongue.missing(tongue.name(), faults),
        }
    }
    by_tongue.finish(faults);
    found
}

/// The texts of one kind in one language.
fn one(mut keys: Keys<'_>, kind: MessageKind, faults: &mut Faults<'_>) -> Option<Texts> {
    let mut text = |key: &'static str, most: usize, one_line: bool| {
        let Some(item) = keys.take(key) else {
            keys.missing(key, faults);
            return None;
        };
        let words = item.text(faults)?;
        let length = words.chars().count();
        if length > most {
            faults.at(&item.span(), "text_too_long", args([("key", key.to_owned()), ("max", most.to_string())]));
        }
        if words.trim().is_empty() || (one_line && words.trim_end().contains(['\n', '\r'])) {
            let expected = if one_line { "one line of text" } else { "text" };
            item.wrong(expected, faults);
        }
        let text = pieces(words.trim_end(), &item.span(), &PLACES, faults);
        unfit(&text, kind, &item, faults);
        Some(text)
    };
    let (subject, mail, sms) =
        (text("subject", SUBJECT_MAX, true), text("mail", MAIL_MAX, false), text("sms", SMS_MAX, true));
    keys.finish(faults);
    Some(Texts { subject: subject?, mail: mail?, sms: sms? })
}

/// Places this kind of message has not.
fn unfit(text: &Text<Place>, kind: MessageKind, item: &Item<'_>, faults: &mut Faults<'_>) {
    for piece in text {
        if let Piece::Value(place, _) = piece
            && !place.is_in(kind)
        {
            let name = PLACES.iter().find(|(_, known)| known == place).map_or("", |(name, _)| name);
            let found = args([("place", name.to_owned()), ("message", kind.name().to_owned())]);
            faults.at(&item.span(), "place_unfit", found);
        }
    }
}

/// `Dear {name|customer}, ...`: words, and places with the words that stand there when there is no value. `{{` and `}}` are
/// braces.
fn pieces<P: Copy>(words: &str, span: &Range<usize>, known: &[(&'static str, P)], faults: &mut Faults<'_>) -> Text<P> {
    let (mut found, mut plain, mut rest) = (Vec::new(), String::new(), words);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            plain.push_str(&from[..1]);
            rest = after;
            continue;
        }
        let Some((inside, after)) = from.strip_prefix('{').and_then(|inside| inside.split_once('}')) else {
            faults.at(span, "place_unclosed", args([("was", from.chars().take(20).collect())]));
            return found;
        };
        rest = after;
        let (name, otherwise) = inside.split_once('|').unwrap_or((inside, ""));
        match known.iter().find(|(known, _)| *known == name.trim()) {
            Some((_, place)) => {
                if !plain.is_empty() {
                    found.push(Piece::Words(std::mem::take(&mut plain)));
                }
                found.push(Piece::Value(*place, otherwise.trim().to_owned()));
            }
            None => {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                let mut told = args([("word", name.trim().to_owned()), ("known", names.join(", "))]);
                if let Some(near) = nearest(name.trim(), names.iter().copied()) {
                    told.insert("did_you_mean".to_owned(), near.to_owned());
                }
                faults.at(span, "unknown_word", told);
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        found.push(Piece::Words(plain));
    }
    found
}
