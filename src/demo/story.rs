//! The account on the terminal: sections, short lines, what was checked, and how long it took.

use crate::{
    cli::{language::pick, out},
    clock::Stopwatch,
    words::Language,
};
use std::{
    io::IsTerminal as _,
    sync::atomic::{AtomicU32, Ordering},
};

/// Columns a line is broken at.
const WIDTH: usize = 110;

#[derive(Debug)]
pub(super) struct Story {
    pub(super) language: Language,
    colours: bool,
    since: Stopwatch,
    sections: AtomicU32,
    checked: AtomicU32,
    wrong: AtomicU32,
}

#[derive(Clone, Copy)]
enum Ink {
    Bold,
    Dim,
    Green,
    Red,
}

impl Ink {
    const fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Green => "32",
            Self::Red => "1;31",
        }
    }
}

impl Story {
    pub(super) fn begin(language: Language) -> Self {
        Self {
            language,
            colours: std::io::stdout().is_terminal(),
            since: Stopwatch::start(),
            sections: AtomicU32::new(0),
            checked: AtomicU32::new(0),
            wrong: AtomicU32::new(0),
        }
    }

    fn ink(&self, ink: Ink, text: &str) -> String {
        if self.colours { format!("\x1b[{}m{text}\x1b[0m", ink.code()) } else { text.to_owned() }
    }

    /// Whichever of the two is in the language of this account.
    pub(super) const fn pick<'a>(&self, english: &'a str, chinese: &'a str) -> &'a str {
        pick(self.language, english, chinese)
    }

    /// Begins a section.
    pub(super) fn section(&self, english: &str, chinese: &str) {
        let number = self.sections.fetch_add(1, Ordering::Relaxed) + 1;
        let title = format!("{number}. {}", self.pick(english, chinese));
        let after = self.ink(Ink::Dim, &format!("[{} ms]", self.since.elapsed().as_millis()));
        out::line(&format!("\n{} {after}", self.ink(Ink::Bold, &title)));
    }

    /// Something that is so, with nothing to check.
    pub(super) fn say(&self, english: &str, chinese: &str) {
        for line in broken(self.pick(english, chinese), WIDTH - 3) {
            out::line(&format!("   {line}"));
        }
    }

    /// A detail below the line before.
    pub(super) fn detail(&self, text: &str) {
        for line in broken(text, WIDTH - 7) {
            out::line(&format!("       {}", self.ink(Ink::Dim, &line)));
        }
    }

    /// Something that should be so; it is looked at before it is said.
    pub(super) fn check(&self, holds: bool, english: &str, chinese: &str) {
        self.checked.fetch_add(1, Ordering::Relaxed);
        let mark = if holds {
            self.ink(Ink::Green, "ok")
        } else {
            self.wrong.fetch_add(1, Ordering::Relaxed);
            self.ink(Ink::Red, self.pick("NOT SO", "不符"))
        };
        for (number, line) in broken(self.pick(english, chinese), WIDTH - 6).iter().enumerate() {
            let before = if number == 0 { format!(" {mark} ") } else { "    ".to_owned() };
            out::line(&format!("{before}{line}"));
        }
    }

    /// As [`Self::check`]; says what was found when it is something else.
    pub(super) fn equal(&self, found: &str, wanted: &str, english: &str, chinese: &str) {
        self.check(found == wanted, english, chinese);
        if found != wanted {
            let (expected, got) = (self.pick("expected", "应为"), self.pick("found", "实为"));
            self.detail(&format!("{expected} {wanted}, {got} {found}"));
        }
    }

    /// The last line; how many things were not so.
    pub(super) fn end(&self) -> u32 {
        let (checked, wrong) = (self.checked.load(Ordering::Relaxed), self.wrong.load(Ordering::Relaxed));
        let seconds = format!("{}.{:01}", self.since.elapsed().as_secs(), self.since.elapsed().subsec_millis() / 100);
        out::line("");
        if wrong == 0 {
            let english = format!("All {checked} checks hold; {seconds} s.");
            self.say(&english, &format!("{checked} 项检查全部通过，用时 {seconds} 秒。"));
        } else {
            let english = format!("{wrong} of {checked} checks do not hold; {seconds} s.");
            self.say(&english, &format!("{checked} 项检查中有 {wrong} 项不符，用时 {seconds} 秒。"));
        }
        wrong
    }
}

/// `text` in lines of at most `columns`, broken at spaces, or anywhere between Chinese characters.
fn broken(text: &str, columns: usize) -> Vec<String> {
    use crate::cli::table::width;
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in pieces(text) {
        let wide = width(word);
        if used + width(word.trim_end()) > columns && used > 0 {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
        used += wide;
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Words with the space after them; Chinese characters one by one.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ').flat_map(|word| {
        let ends_anywhere = |c: char| crate::cli::table::width(c.encode_utf8(&mut [0; 4])) == 2;
        word.split_inclusive(ends_anywhere)
    })
}
