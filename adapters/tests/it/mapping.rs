//! The mapping engine: whole documents against what they become, then each promise of the language by itself.

mod companions;
mod language;
mod mending;
mod tables;
mod tills;
mod trees;
mod workbooks;

use adapters::mapping::{ChannelDefaults, Mapping, REJECT_CODES, Tables};
use model::{
    money::Currency,
    port::inbound::{Document, Read, Summary},
    said::{Draft, Reject, Said, Statement},
    time::Instant,
};
use serde_json::{Value, json};
use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// 2026-03-20T02:00:00Z
const RECEIVED: Instant = Instant(1_773_972_000_000_000);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort();
    found
}

pub(crate) fn tables() -> Tables {
    let mut tables = Tables::default();
    for path in files(&root().join("mappings/tables"), "toml") {
        tables.add(&path.to_string_lossy(), &fs::read_to_string(&path).expect("a table")).expect("a good table");
    }
    tables
}

pub(crate) fn shipped(name: &str) -> Mapping {
    let path = root().join("mappings").join(format!("{name}.toml"));
    let text = fs::read_to_string(&path).expect("a mapping");
    Mapping::read(name, &text, &tables()).expect(name)
}

fn mapping(text: &str) -> Mapping {
    Mapping::read("test.toml", text, &tables()).expect("a mapping without faults")
}

fn china() -> ChannelDefaults {
    ChannelDefaults { currency: Some(Currency::CNY), zone: chrono_tz::Asia::Shanghai, country: "CN".to_owned() }
}

pub(crate) fn europe() -> ChannelDefaults {
    ChannelDefaults { currency: None, zone: chrono_tz::Europe::Amsterdam, country: "NL".to_owned() }
}

/// The channel that a mapping's fixtures come from.
fn channel_of(mapping: &str) -> ChannelDefaults {
    match mapping {
        "pos-square-items" => ChannelDefaults {
            currency: Some("USD".parse().expect("a currency")),
            zone: chrono_tz::America::New_York,
            country: "US".to_owned(),
        },
        "partner-cancel" | "partner-order" | "ubl-order" | "woocommerce-order" => europe(),
        _ => china(),
    }
}

/// What was read of a document.
#[derive(Debug)]
struct Outcome {
    summary: Summary,
    said: Vec<Said>,
    rejects: Vec<Reject>,
}

impl Outcome {
    fn codes(&self) -> Vec<&str> {
        self.rejects.iter().map(|reject| reject.code.as_str()).collect()
    }

    fn keys(&self) -> Vec<&str> {
        self.said.iter().map(|said| said.external_id.as_str()).collect()
    }

    fn draft(&self, n: usize) -> &Draft {
        match &self.said[n].what {
            Statement::Order(draft) => draft,
            other => unreachable!("not an order: {other:?}"),
        }
    }

    fn only(&self) -> &Draft {
        assert!(self.rejects.is_empty(), "{:#?}", self.rejects);
        assert_eq!(self.said.len(), 1);
        self.draft(0)
    }

    fn json(&self) -> Value {
        json!({ "summary": self.summary, "said": self.said, "rejects": self.rejects })
    }
}

fn read_with(mapping: &Mapping, bytes: &[u8], defaults: &ChannelDefaults) -> Outcome {
    let doc = Document { topic: "", name: "test", media_type: "", headers: &[], bytes, received_at: RECEIVED };
    let (mut said, mut rejects) = (Vec::new(), Vec::new());
    let summary = mapping.read_document(&doc, defaults, &mut |read| {
        match read {
            Read::Said(one) => said.push(one),
            Read::Reject(one) => rejects.push(one),
        }
        ControlFlow::Continue(())
    });
    Outcome { summary, said, rejects }
}

fn read(mapping: &Mapping, bytes: &[u8]) -> Outcome {
    read_with(mapping, bytes, &china())
}

/// Every fixture with the name of its mapping: all files that are no expectation.
fn fixtures() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for folder in fs::read_dir(root().join("fixtures/mappings")).expect("fixtures") {
        let folder = folder.expect("an entry").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        for extension in ["csv", "json", "xlsx", "xml"] {
            let documents = files(&folder, extension).into_iter();
            found.extend(documents.filter(|p| !p.to_string_lossy().contains(".expected.")).map(|p| (name.clone(), p)));
        }
    }
    found.sort();
    found
}

fn expectation(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.expected.json", path.extension().expect("an extension").to_string_lossy()))
}

/// True when workbooks and expectations shall be written anew instead of compared, to be looked at before they are
/// committed: `TRIBUTARY_BLESS=1 cargo test -p tributary-adapters fixtures`
#[expect(clippy::disallowed_methods, reason = "a test that rewrites its own fixtures is told so by the environment")]
pub(crate) fn bless() -> bool {
    std::env::var_os("TRIBUTARY_BLESS").is_some()
}

fn write_fixtures() {
    for (file, sheet) in workbooks::ALL {
        fs::write(root().join("fixtures/mappings").join(file), workbooks::bytes(sheet)).expect("written");
    }
    for (name, path) in fixtures() {
        let bytes = fs::read(&path).expect("a document");
        let outcome = read_with(&shipped(&name), &bytes, &channel_of(&name)).json();
        let text = serde_json::to_string_pretty(&outcome).expect("JSON");
        fs::write(expectation(&path), text + "\n").expect("written");
    }
}

#[test]
fn fixtures_become_what_stands_beside_them() {
    if bless() {
        write_fixtures();
    }
    let found = fixtures();
    assert!(found.len() >= 15, "fixtures are missing: {found:?}");
    for (name, path) in found {
        let bytes = fs::read(&path).expect("a document");
        let outcome = read_with(&shipped(&name), &bytes, &channel_of(&name));
        for code in outcome.codes() {
            assert!(REJECT_CODES.contains(&code) || adapters::decode::CODES.contains(&code), "{code} has no words");
        }
        let outcome = outcome.json();
        let expected = fs::read_to_string(expectation(&path)).expect("an expectation beside every document");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        assert!(outcome == expected, "{}\n{}", path.display(), serde_json::to_string_pretty(&outcome).expect("JSON"));
    }
}

#[test]
fn committed_workbooks_are_those_described() {
    for (file, sheet) in workbooks::ALL {
        let name = file.split_once('/').expect("a folder").0;
        let committed = fs::read(root().join("fixtures/mappings").join(file)).expect("a workbook");
        let mapping = shipped(name);
        assert_eq!(read(&mapping, &committed).json(), read(&mapping, &workbooks::bytes(sheet)).json(), "{file}");
    }
}

#[test]
fn every_mapping_has_a_good_and_a_bad_fixture() {
    let found = fixtures();
    for path in files(&root().join("mappings"), "toml") {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert_eq!(shipped(&name).name, name);
        for wanted in ["good", "bad"] {
            let has = |p: &Path| p.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with(wanted));
            assert!(found.iter().any(|(of, p)| *of == name && has(p)), "{name} has no {wanted} fixture");
        }
    }
}
