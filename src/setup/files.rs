//! Policies and mappings: the files of the operator's own folder, or those inside the binary.

use super::Mistake;
use crate::{config::Config, words::Language};
use adapters::mapping::{Fault, Mapping, Tables};
use include_dir::{Dir, include_dir};
use model::{rules::policy::Policies, said::Args};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

static MAPPINGS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/mappings");
static POLICIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/config/policies");

/// Folders below that of the mappings: value tables, mappings of messages that go out, and notices to customers.
const TABLES: &str = "tables/";
pub(super) const OUTGOING: &str = "out/";
pub(super) const NOTICES: &str = "notices/";

/// The `.toml` files of one folder, by their paths in it.
pub(super) struct Files<'c> {
    folder: &'c Path,
    pub(super) all: Vec<(String, String)>,
    /// The folder could not be read, which has been noted.
    gone: bool,
}

impl<'c> Files<'c> {
    pub(super) fn mappings(config: &'c Config, mistakes: &mut Vec<Mistake>) -> Self {
        Self::read(config, "mappings", &config.mappings, &MAPPINGS, mistakes)
    }

    fn policies(config: &'c Config, mistakes: &mut Vec<Mistake>) -> Self {
        Self::read(config, "policies", &config.policies, &POLICIES, mistakes)
    }

    /// The files below the `folder` that `key` names, or those `inside` the binary when it names none; sorted by name.
    fn read(config: &Config, key: &str, folder: &'c Path, inside: &Dir<'_>, mistakes: &mut Vec<Mistake>) -> Self {
        let mut files = Self { folder, all: Vec::new(), gone: false };
        if folder.as_os_str().is_empty() {
            collect_inside(inside, &mut files.all);
        } else if let Err(error) = collect_folder(folder, folder, &mut files.all) {
            let problem = format!("the folder {} cannot be read: {error}", folder.display());
            mistakes.push(config.source.mistake(&[key], "unreadable", &problem));
            files.gone = true;
        }
        files.all.sort();
        files
    }

    /// A file as its owner finds it.
    fn shown(&self, file: &str) -> String {
        if self.folder.as_os_str().is_empty() { file.to_owned() } else { self.folder.join(file).display().to_string() }
    }

    fn mistake(&self, file: &str, (line, column): (u32, u32), code: &str, mut args: Args) -> Mistake {
        // The place of something else, in the same folder.
        if let Some(first) = args.get_mut("first") {
            *first = self.shown(first);
        }
        Mistake {
            file: self.shown(file),
            line,
            column,
            code: code.to_owned(),
            problem: words(Language::English, code, &args),
            path: Vec::new(),
            args: Some(args),
        }
    }

    pub(super) fn note(&self, faults: Vec<Fault>, mistakes: &mut Vec<Mistake>) {
        mistakes.extend(faults.into_iter().map(|f| self.mistake(&f.file, (f.line, f.column), f.code, f.args)));
    }

    pub(super) fn tables(&self, mistakes: &mut Vec<Mistake>) -> Tables {
        let mut tables = Tables::default();
        for (name, text) in self.all.iter().filter(|(name, _)| name.starts_with(TABLES)) {
            tables.add(name, text).unwrap_or_else(|faults| self.note(faults, mistakes));
        }
        tables
    }
}

/// What is written of the same kind: those that can be used, and the names of those with mistakes, which are told already.
pub(super) struct Named<T> {
    pub(super) good: BTreeMap<String, T>,
    faulty: BTreeSet<String>,
    gone: bool,
}

impl<T> Named<T> {
    pub(super) fn new(files: &Files<'_>) -> Self {
        Self { good: BTreeMap::new(), faulty: BTreeSet::new(), gone: files.gone }
    }

    /// A file is called by its name without the folder and `.toml`.
    pub(super) fn note_faulty(&mut self, file: &str) {
        self.faulty.extend(Path::new(file).file_stem().map(|name| name.to_string_lossy().into_owned()));
    }

    /// That it cannot be used is told already.
    pub(super) fn is_faulty(&self, name: &str) -> bool {
        self.gone || self.faulty.contains(name)
    }

    pub(super) fn names(&self) -> String {
        self.good.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

pub(super) fn mappings(config: &Config, mistakes: &mut Vec<Mistake>) -> Named<Mapping> {
    let files = Files::mappings(config, mistakes);
    let tables = files.tables(mistakes);
    let mut found = Named::new(&files);
    let incoming = |name: &str| [TABLES, OUTGOING, NOTICES].iter().all(|folder| !name.starts_with(folder));
    for (name, text) in files.all.iter().filter(|(name, _)| incoming(name)) {
        match Mapping::read(name, text, &tables) {
            Ok(mapping) => {
                found.good.insert(mapping.name.clone(), mapping);
            }
            Err(faults) => {
                found.note_faulty(name);
                files.note(faults, mistakes);
            }
        }
    }
    found
}

pub(super) fn policies(config: &Config, mistakes: &mut Vec<Mistake>) -> Option<Arc<Policies>> {
    let files = Files::policies(config, mistakes);
    match Policies::read(&files.all) {
        Ok(policies) => Some(Arc::new(policies)),
        Err(faults) => {
            let mistake =
                |f: model::rules::policy::PolicyFault| files.mistake(&f.file, (f.line, f.column), &f.code, f.args);
            mistakes.extend(faults.into_iter().map(mistake));
            None
        }
    }
}

/// A mistake's words for the one who writes configuration.
pub(super) fn words(language: Language, code: &str, args: &Args) -> String {
    let entry = language.say(code, args);
    let given: Vec<_> = args.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    match (entry.title == code, entry.detail.is_empty()) {
        (true, _) => format!("{} ({})", code.replace('_', " "), given.join(", ")),
        (false, true) => entry.title,
        (false, false) => entry.detail,
    }
}

fn collect_inside(dir: &Dir<'_>, found: &mut Vec<(String, String)>) {
    for file in dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "toml")) {
        if let Some(text) = file.contents_utf8() {
            found.push((file.path().to_string_lossy().into_owned(), text.to_owned()));
        }
    }
    for below in dir.dirs() {
        collect_inside(below, found);
    }
}

fn collect_folder(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_folder(root, &path, found)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
