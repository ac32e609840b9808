//! One mistake in what an operator wrote.

use model::said::Args;

/// A mistake in configuration, policies or mappings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mistake {
    pub file: String,
    /// 0 when the place in the file is not known.
    pub line: u32,
    pub column: u32,
    pub code: String,
    /// What is wrong, in words.
    pub problem: String,
    /// The keys that lead to it, in the configuration; empty in other files.
    pub path: Vec<String>,
    /// Of a mistake whose code has words in every language; `None`: `problem` is all there is.
    pub args: Option<Args>,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {} [{}]", self.file, self.problem, self.code)
        } else {
            write!(f, "{}:{}:{}: {} [{}]", self.file, self.line, self.column, self.problem, self.code)
        }
    }
}
