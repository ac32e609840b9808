//! Why a command was not done.

use crate::said::Args;
use serde::{Deserialize, Serialize};

/// A refusal: stable code and its arguments. It changed nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{code}")]
pub struct Refusal {
    pub code: String,
    pub args: Args,
}

impl Refusal {
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), args: Args::new() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }
}
