//! Every stable code has its words in both languages, and docs/errors.md lists them.

use super::{
    File, assert_none, files,
    lexer::{Blank, blanked, is_name, line_of, words},
    read, repository,
};
use std::collections::{BTreeMap, BTreeSet};

/// What makes a code: in product code a literal right behind one of these is a stable code and has words. So are a
/// literal before `args(` and each literal that a function called `code` gives.
/// A new constructor of refusals, rejects, holds or problems is added here.
const CONSTRUCTORS: [&str; 20] = [
    "Refusal::new(",
    "Problem::new(",
    "Reject::new(",
    "Hold::new(",
    "DecodeFault::new(",
    "DecodeFault::fatal(",
    "DecodeFault::of_row(",
    "Meaning::Ignored(",
    "Meaning::ForAPerson(",
    "code: ",
    "difference(",
    "fail(",
    "fault(",
    "hold(",
    "note(",
    "refuse(",
    "reject(",
    "report.broken(",
    "report.unequal(",
    "slip(",
];

/// What follows a code that stands behind other arguments.
const ARGUMENTS: [&str; 2] = ["args(", "Args::new()"];

#[derive(serde::Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Words {
    title: String,
    detail: String,
    remedy: String,
}

type Catalogue = BTreeMap<String, Words>;

fn catalogue(text: &str) -> Catalogue {
    toml::from_str(text).expect("locales hold tables of title, detail and remedy")
}

fn placeholders(words: &Words) -> BTreeSet<&str> {
    let texts = [&words.title, &words.detail, &words.remedy];
    texts
        .into_iter()
        .flat_map(|text| text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)))
        .collect()
}

fn disagreements(english: &Catalogue, chinese: &Catalogue) -> Vec<String> {
    let mut found = Vec::new();
    for code in english.keys().chain(chinese.keys()).collect::<BTreeSet<_>>() {
        let (Some(en), Some(zh)) = (english.get(code), chinese.get(code)) else {
            found.push(format!("{code}: only in one language"));
            continue;
        };
        if placeholders(en) != placeholders(zh) {
            found.push(format!("{code}: placeholders {:?} and {:?}", placeholders(en), placeholders(zh)));
        }
        if en.title.is_empty() || en.detail.is_empty() || zh.title.is_empty() || zh.detail.is_empty() {
            found.push(format!("{code}: title and detail must say something"));
        }
        if en.remedy.is_empty() != zh.remedy.is_empty() {
            found.push(format!("{code}: a remedy in one language only"));
        }
    }
    found
}

fn is_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Codes that a source file makes, with their lines.
fn codes_of(file: &File) -> BTreeSet<(usize, String)> {
    let text = blanked(&file.text, Blank::Comments);
    let mut found = Vec::new();
    for constructor in CONSTRUCTORS {
        for (at, _) in text.match_indices(constructor) {
            let whole_name = !text[..at].ends_with(is_name);
            found.extend(literal(&text, at + constructor.len()).filter(|_| whole_name));
        }
    }
    for argument in ARGUMENTS {
        found.extend(text.match_indices(argument).filter_map(|(at, _)| literal_before(&text, at)));
    }
    for at in words(&text, "fn code") {
        let body = text[at..].split_once('{').map_or("", |(_, body)| body.split("\n    }\n").next().unwrap_or(body));
        let start = text.len() - text[at..].len() + text[at..].find('{').map_or(0, |brace| brace + 1);
        found.extend(body.match_indices("=> ").filter_map(|(arm, _)| literal(&text, start + arm + 3)));
    }
    found
        .into_iter()
        .filter(|(_, code)| is_code(code))
        .map(|(at, code)| (line_of(&text, at), code.to_owned()))
        .collect()
}

/// The string that begins behind `at`, spaces aside, and its place.
fn literal(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = text[at..].trim_start().strip_prefix('"')?;
    Some((text.len() - rest.len(), rest.split_once('"')?.0))
}

/// The string that ends before `at`, a comma and spaces aside, and its place.
fn literal_before(text: &str, at: usize) -> Option<(usize, &str)> {
    let before = text[..at].trim_end().strip_suffix(',')?.strip_suffix('"')?;
    let start = before.rfind('"')? + 1;
    Some((start, &before[start..]))
}

fn without_words(file: &File, known: &Catalogue) -> Vec<String> {
    let unknown = codes_of(file).into_iter().filter(|(_, code)| !known.contains_key(code));
    unknown.map(|(line, code)| format!("{}:{line}: {code}", file.path)).collect()
}

/// docs/errors.md, from the English words and the headings among them.
fn errors_page(english: &str) -> String {
    let words = catalogue(english);
    let mut page = String::from(
        "# Codes\n\nEvery answer, reject, hold and failure carries one of these stable codes. Codes are never renamed; words may\n\
         change. Written from `locales/en.toml`; after a change run `TRIBUTARY_BLESS=1 cargo test --test it errors_page`.\n",
    );
    for line in english.lines() {
        if let Some(section) = line.strip_prefix("# ---- ") {
            page += &format!("\n## {section}\n\n| code | meaning | what to do |\n|---|---|---|\n");
        } else if let Some(code) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let Words { title, detail, remedy } = &words[code];
            page += &format!("| `{code}` | **{title}.** {detail} | {remedy} |\n");
        }
    }
    page
}

#[test]
fn both_languages_agree() {
    let (english, chinese) = (catalogue(&read("locales/en.toml")), catalogue(&read("locales/zh.toml")));
    assert_none(&disagreements(&english, &chinese), "locales/en.toml and locales/zh.toml differ");
    let messages = model::message::MessageKind::ALL.map(|kind| format!("message_{}", kind.name()));
    assert!(messages.iter().all(|code| english.contains_key(code)), "a message kind has no name for people");
}

#[test]
fn every_code_has_words() {
    let known = catalogue(&read("locales/en.toml"));
    let findings: Vec<String> =
        files().iter().filter(|f| f.is_source()).flat_map(|f| without_words(f, &known)).collect();
    assert_none(&findings, "add these codes to locales/en.toml and locales/zh.toml");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the one switch of this test: write the page anew")]
fn errors_page_is_up_to_date() {
    let page = errors_page(&read("locales/en.toml"));
    if std::env::var_os("TRIBUTARY_BLESS").is_some() {
        std::fs::write(repository().join("docs/errors.md"), &page).expect("docs/errors.md can be written");
    }
    assert!(read("docs/errors.md") == page, "docs/errors.md is old; its head says how to write it anew");
}

#[test]
fn control_disagreeing_words_are_found() {
    let english =
        "[a]\ntitle = \"A {x}\"\ndetail = \"d\"\nremedy = \"\"\n[b]\ntitle = \"B\"\ndetail = \"d\"\nremedy = \"r\"\n";
    let chinese = "[a]\ntitle = \"A {y}\"\ndetail = \"d\"\nremedy = \"r\"\n";
    let found = disagreements(&catalogue(english), &catalogue(chinese));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(disagreements(&catalogue(english), &catalogue(english)).is_empty());
}

#[test]
fn control_codes_are_found_in_code() {
    let source = "// Refusal::new(\"comment\")\nRefusal::new(\"own_order\");\nReject { code: \"too_long\".into() }\n\
                  not_a_refuse(\"other\");\nrefuse(\n    \"next_line\",\n)\nfault(\"Words of a sentence\")\n\
                  push(at, \"field\", \"late\", args([(\"max\", 1)]));\n    fn code(self) -> &'static str {\n\
                  match self {\nSelf::A => \"from_arm\",\n}\n    }\n    fn name() { x => \"no\" }\n";
    let file = File::new("src/a.rs", source);
    let found: Vec<String> = codes_of(&file).into_iter().map(|(line, code)| format!("{line} {code}")).collect();
    assert_eq!(found, ["2 own_order", "3 too_long", "6 next_line", "9 late", "12 from_arm"]);
    assert_eq!(without_words(&file, &Catalogue::new()).len(), 5);
}
