//! Reading a configuration so that every mistake in it is told at once: what cannot be read is noted, taken out, and the
//! rest is read again.

use super::{BASE, Config, Mistake, Source, plain, source::UNKNOWN_KEY};
use std::{io::ErrorKind, path::Path};
use toml::{
    Table, Value,
    de::{DeTable, Error},
};

/// A configuration that cannot be used.
#[derive(Clone, Debug)]
pub struct Unread {
    /// At least one.
    pub mistakes: Vec<Mistake>,
    /// What is left without the faulty values, to look for further mistakes in; never to be run.
    pub rest: Option<Config>,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<_> = self.mistakes.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Unread {}

impl Unread {
    /// A file that is not there, or cannot be opened.
    pub(super) fn file(path: &Path, error: &std::io::Error) -> Box<Self> {
        let problem = match error.kind() {
            ErrorKind::NotFound => {
                "there is no such file; name the configuration with --config FILE, or leave it out for the defaults"
                    .to_owned()
            }
            _ => format!("cannot be read: {error}"),
        };
        let file = path.display().to_string();
        let (code, path) = ("unreadable".to_owned(), Vec::new());
        Box::new(Self {
            mistakes: vec![Mistake { file, line: 0, column: 0, code, problem, path, args: None }],
            rest: None,
        })
    }
}

pub(super) fn read(mut source: Source) -> Result<Config, Box<Unread>> {
    let (base, over) = match tables(&source) {
        Ok(tables) => tables,
        Err(mistakes) => return Err(Box::new(Unread { mistakes, rest: None })),
    };
    let mut reading = Reading { all: base.clone(), base, tried: Vec::new(), mistakes: Vec::new(), source: &source };
    lay_over(&mut reading.all, over);
    let read = reading.read();
    let (mistakes, tried) = (reading.mistakes, reading.tried);
    source.faulty = tried.into_iter().map(|(path, _)| path).collect();
    let read = read.map(|config| Config { source, ..config });
    match read {
        Some(config) if mistakes.is_empty() => Ok(config),
        rest => Err(Box::new(Unread { mistakes, rest })),
    }
}

/// The defaults and the operator's file; every mistake of its grammar when it is not TOML.
fn tables(source: &Source) -> Result<(Table, Table), Vec<Mistake>> {
    let (_, errors) = DeTable::parse_recoverable(&source.text);
    let grammar = |error: &Error| {
        let at = error.span().and_then(|span| source.line_and_column(span.start));
        let (line, column) = at.unwrap_or_default();
        let (code, problem) = ("not_toml".to_owned(), error.message().to_owned());
        Mistake { file: source.place.clone(), line, column, code, problem, path: Vec::new(), args: None }
    };
    if !errors.is_empty() {
        return Err(errors.iter().map(grammar).collect());
    }
    let read = |text: &str| toml::from_str(text).map_err(|error| vec![grammar(&error)]);
    Ok((read(BASE)?, read(&source.text)?))
}

fn lay_over(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// What may stand for a value that is missing or was taken out, until one of them can be read.
const STANDS_IN: [fn() -> Value; 6] = [
    || Value::String(String::new()),
    || Value::Integer(1),
    || Value::Boolean(false),
    || Value::Array(Vec::new()),
    || Value::Table(Table::new()),
    || Value::String("CNY".to_owned()),
];

struct Reading<'s> {
    base: Table,
    all: Table,
    /// Faulty keys, and how many stand-ins each has had.
    tried: Vec<(Vec<String>, usize)>,
    mistakes: Vec<Mistake>,
    source: &'s Source,
}

impl Reading<'_> {
    /// The configuration as far as it can be read; `None` when nothing helps.
    fn read(&mut self) -> Option<Config> {
        // Each round takes one value out or puts a stand-in; a file has fewer keys than bytes.
        for _ in 0..=(self.source.text.len() + BASE.len()) * STANDS_IN.len() {
            match serde_path_to_error::deserialize::<_, Config>(Value::Table(self.all.clone())) {
                Ok(config) => return Some(config),
                Err(error) => {
                    let path = keys(error.path());
                    self.mend(path, error.inner().message())?;
                }
            }
        }
        None
    }

    /// Notes what is wrong at `path`, and changes the tables so that the next reading comes further.
    fn mend(&mut self, mut path: Vec<String>, problem: &str) -> Option<()> {
        let (code, key) = match (named(problem, "unknown field `"), named(problem, "missing field `")) {
            (Some(key), _) => (UNKNOWN_KEY, Some(key)),
            (None, Some(key)) => ("missing_key", Some(key)),
            (None, None) => ("invalid_value", None),
        };
        if let Some(key) = key.filter(|key| code == "missing_key" || path.last() != Some(key)) {
            path.push(key);
        }
        if let Some(at) = self.tried.iter().position(|(known, _)| *known == path) {
            return self.stand_in(&path, at);
        }
        // A stand-in inside it made it wrong: that has been told.
        if !self.tried.iter().any(|(known, _)| known.starts_with(&path)) {
            let keys: Vec<&str> = path.iter().map(String::as_str).collect();
            self.mistakes.push(self.source.mistake(&keys, code, &plain::said(&path, problem)));
        }
        self.tried.push((path.clone(), 0));
        let default = lookup(&self.base, &path).cloned();
        let (key, above) = path.split_last()?;
        let table = below(&mut self.all, above)?;
        match (code, default) {
            ("missing_key", _) => drop(table.insert(key.clone(), STANDS_IN[0]())),
            (_, Some(default)) => drop(table.insert(key.clone(), default)),
            (_, None) => drop(table.remove(key)?),
        }
        Some(())
    }

    /// The next stand-in at `path`; when there is none left the table around it goes.
    fn stand_in(&mut self, path: &[String], at: usize) -> Option<()> {
        let (key, above) = path.split_last()?;
        let tried = &mut self.tried[at].1;
        let next = STANDS_IN.get(*tried);
        *tried += 1;
        match next {
            Some(value) => drop(below(&mut self.all, above)?.insert(key.clone(), value())),
            None => {
                let (outer, further) = above.split_last()?;
                below(&mut self.all, further)?.remove(outer)?;
            }
        }
        Some(())
    }
}

/// The keys of a path up to the first that is none: lists are mended whole.
fn keys(path: &serde_path_to_error::Path) -> Vec<String> {
    let key = |segment: &serde_path_to_error::Segment| match segment {
        serde_path_to_error::Segment::Map { key } => Some(key.clone()),
        _ => None,
    };
    path.iter().map_while(key).collect()
}

fn named(problem: &str, mark: &str) -> Option<String> {
    Some(problem.split_once(mark)?.1.split('`').next()?.to_owned())
}

fn lookup<'t>(table: &'t Table, path: &[String]) -> Option<&'t Value> {
    let (key, above) = path.split_last()?;
    above.iter().try_fold(table, |table, key| table.get(key)?.as_table())?.get(key)
}

fn below<'t>(table: &'t mut Table, path: &[String]) -> Option<&'t mut Table> {
    path.iter().try_fold(table, |table, key| table.get_mut(key)?.as_table_mut())
}
