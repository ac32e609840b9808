//! Policies: rules as data, TOML with checked CEL conditions, every mistake reported at once with file and line.

pub(crate) mod amount;
pub(crate) mod source;
pub(crate) mod tables;

use crate::{
    rules::{
        allocation::AllocationPolicy, approval::ApprovalPolicy, carrier::CarrierPolicy, checks::ChecksPolicy,
        pricing::PricingPolicy, priority::PriorityPolicy,
    },
    said::{Args, args},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use source::Source;
use tables::Tables;

/// Policy files of one set.
pub const FILES_MAX: usize = 64;

/// Bytes of one policy file.
pub const FILE_BYTES_MAX: usize = 256 * 1024;

/// Every code a [`PolicyFault`] can have; the words are in `locales/`.
pub const FAULT_CODES: [&str; 47] = [
    "authority_for_nobody",
    "bad_amount",
    "bad_authority",
    "bad_field",
    "bad_loop_name",
    "band_currency",
    "bands_not_rising",
    "condition_bracket_wanted",
    "condition_ends_early",
    "condition_operator_wanted",
    "condition_sign",
    "condition_syntax",
    "condition_text_open",
    "condition_value_wanted",
    "condition_too_big",
    "currency_twice",
    "due_out_of_range",
    "file_too_big",
    "file_twice",
    "last_band_limited",
    "list_wanted",
    "literal_wanted",
    "money_with_money_literal",
    "negative_amount",
    "nested_loop",
    "not_allowed",
    "not_comparable",
    "only_last_band_open",
    "role_twice",
    "row_name_bad",
    "row_name_twice",
    "steps_missing",
    "steps_not_up_the_ladder",
    "steps_or_bands",
    "table_twice",
    "toml_syntax",
    "too_many_bands",
    "too_many_files",
    "too_many_roles",
    "too_many_rows",
    "unknown_function",
    "unknown_role",
    "unknown_table",
    "unknown_value",
    "unknown_variable",
    "wrong_table_form",
    "wrong_type",
];

/// A checked policy set. Every decision names its hash.
#[derive(Debug, Default)]
pub struct Policies {
    /// SHA-256 (hex) of the texts it was read from.
    pub hash: String,
    pub checks: ChecksPolicy,
    pub pricing: PricingPolicy,
    pub priority: PriorityPolicy,
    pub allocation: AllocationPolicy,
    pub approval: ApprovalPolicy,
    pub carrier: CarrierPolicy,
    /// What it was read from, (file name, text) by name; kept so that it can be stored under its hash.
    pub texts: Vec<(String, String)>,
}

/// One mistake in a policy file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, thiserror::Error)]
#[error("{file}:{line}:{column}: {code}")]
pub struct PolicyFault {
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// One of [`FAULT_CODES`].
    pub code: String,
    /// What the words need; `problem` holds a parser's own message, in English.
    pub args: Args,
}

impl Policies {
    /// Reads a policy set from (file name, text). Names order the files: rows of `a.toml` stand before those of `b.toml`.
    ///
    /// # Errors
    /// Every mistake of every file, by file and line.
    pub fn read(files: &[(String, String)]) -> Result<Self, Vec<PolicyFault>> {
        let mut files: Vec<&(String, String)> = files.iter().collect();
        files.sort();
        let sources: Vec<Source<'_>> = files.iter().map(|(name, text)| Source { name, text }).collect();
        let mut faults = file_faults(&sources);
        let tables = Tables::collect(sources.get(..FILES_MAX).unwrap_or(&sources), &mut faults);
        let policies = Self {
            hash: hash(&sources),
            checks: tables.settings("checks", &mut faults),
            pricing: tables.settings("pricing", &mut faults),
            priority: tables.settings("priority", &mut faults),
            allocation: tables.settings("allocation", &mut faults),
            approval: ApprovalPolicy::read(&tables, &mut faults),
            carrier: tables.settings("carrier", &mut faults),
            texts: files.into_iter().cloned().collect(),
        };
        if faults.is_empty() {
            return Ok(policies);
        }
        faults.sort();
        Err(faults)
    }
}

fn file_faults(sources: &[Source<'_>]) -> Vec<PolicyFault> {
    let surplus = sources.get(FILES_MAX).map(|source| {
        let what = args([("max", FILES_MAX.to_string())]);
        source.fault(0, "too_many_files", what)
    });
    let twice = sources.windows(2).filter(|pair| pair[0].name == pair[1].name);
    surplus.into_iter().chain(twice.map(|pair| pair[1].fault(0, "file_twice", Args::new()))).collect()
}

/// SHA-256 over each file's name and text, each preceded by its length (eight bytes, big end first).
fn hash(sources: &[Source<'_>]) -> String {
    let mut sha = Sha256::new();
    for part in sources.iter().flat_map(|source| [source.name, source.text]) {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    hex::encode(sha.finalize())
}
