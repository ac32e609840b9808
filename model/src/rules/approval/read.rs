//! Reads `[authority]` and `[[approval]]` and says every mistake at its place.

mod ladder;

use super::{ApprovalPolicy, Authority, BANDS_MAX, Band, DUE_HOURS, DUE_HOURS_MAX, NAME_MAX, ROLES_MAX, ROWS_MAX, Row};
use crate::{
    codes::Role,
    rules::{
        condition::Condition,
        policy::{
            PolicyFault, amount,
            source::Source,
            tables::{Table, Tables},
        },
    },
    said::{Args, args},
    time::HOUR,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// One `[[approval]]` as written. Either `steps` or `bands`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowText {
    name: Spanned<String>,
    when: Spanned<String>,
    steps: Option<Spanned<Vec<Spanned<String>>>>,
    bands: Option<Spanned<Vec<Spanned<BandText>>>>,
    due_hours: Option<Spanned<i64>>,
}

/// One band as written: without `up_to` it has no upper end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandText {
    up_to: Option<Spanned<String>>,
    steps: Spanned<Vec<Spanned<String>>>,
}

impl ApprovalPolicy {
    /// What can be read; mistakes go to `faults`.
    pub(crate) fn read(tables: &Tables<'_>, faults: &mut Vec<PolicyFault>) -> Self {
        let authority = tables.once.get("authority").map(|table| ladder::read(table, faults));
        if let Some(row) = tables.rows.get(ROWS_MAX) {
            faults.push(row.source.fault(row.offset, "too_many_rows", args([("max", ROWS_MAX.to_string())])));
        }
        // Where a file could not be read at all, a missing ladder is no mistake of the rows.
        let ladder = if tables.incomplete { authority.as_ref() } else { Some(authority.as_ref().unwrap_or(&NOBODY)) };
        let mut names: BTreeMap<String, PolicyFault> = BTreeMap::new();
        let mut rows = Vec::with_capacity(tables.rows.len().min(ROWS_MAX));
        for table in tables.rows.iter().take(ROWS_MAX) {
            let Some(written) = table.read::<RowText>(faults) else { continue };
            let mut reader = RowReader { source: table.source, ladder, faults };
            reader.name(&written.name, &mut names);
            rows.extend(reader.row(table, written));
        }
        Self { rows, authority: authority.unwrap_or_default() }
    }
}

static NOBODY: Authority = Authority { ladder: Vec::new() };

struct RowReader<'r> {
    source: &'r Source<'r>,
    /// `None`: not known, so roles cannot be checked.
    ladder: Option<&'r Authority>,
    faults: &'r mut Vec<PolicyFault>,
}

impl RowReader<'_> {
    fn fault(&mut self, offset: usize, code: &str, args: Args) {
        self.faults.push(self.source.fault(offset, code, args));
    }

    fn name(&mut self, name: &Spanned<String>, names: &mut BTreeMap<String, PolicyFault>) {
        let (offset, text) = (name.span().start, name.get_ref());
        let blank = text.trim().is_empty() || text.trim() != text || text.chars().any(char::is_control);
        if blank || text.chars().count() > NAME_MAX {
            self.fault(offset, "row_name_bad", args([("max", NAME_MAX.to_string())]));
        } else if let Some(first) = names.get(text) {
            let first = format!("{}:{}", first.file, first.line);
            self.fault(offset, "row_name_twice", args([("name", text.clone()), ("first", first)]));
        } else {
            names.insert(text.clone(), self.source.fault(offset, "", Args::new()));
        }
    }

    fn row(&mut self, table: &Table<'_>, written: RowText) -> Option<Row> {
        let when = self.condition(&written.when);
        let due_in = self.due_in(written.due_hours);
        let bands = match (written.steps, written.bands) {
            (Some(steps), None) => vec![Band { up_to: None, steps: self.steps(&steps) }],
            (None, Some(bands)) => self.bands(&bands),
            (Some(_), Some(_)) | (None, None) => {
                self.fault(table.offset, "steps_or_bands", args([("name", written.name.get_ref().clone())]));
                vec![]
            }
        };
        Some(Row { name: written.name.into_inner(), when: when?, bands, due_in })
    }

    fn condition(&mut self, when: &Spanned<String>) -> Option<Condition> {
        Condition::read(when.get_ref())
            .map_err(|mistakes| {
                for mistake in mistakes {
                    self.fault(self.source.inside(when, mistake.offset), mistake.code, mistake.args);
                }
            })
            .ok()
    }

    /// Microseconds.
    fn due_in(&mut self, hours: Option<Spanned<i64>>) -> i64 {
        let Some(hours) = hours else { return DUE_HOURS * HOUR };
        if !(1..=DUE_HOURS_MAX).contains(hours.get_ref()) {
            self.fault(hours.span().start, "due_out_of_range", args([("max", DUE_HOURS_MAX.to_string())]));
            return DUE_HOURS * HOUR;
        }
        hours.get_ref() * HOUR
    }

    fn steps(&mut self, steps: &Spanned<Vec<Spanned<String>>>) -> Vec<Role> {
        if steps.get_ref().is_empty() {
            self.fault(steps.span().start, "steps_missing", Args::new());
        }
        if steps.get_ref().len() > ROLES_MAX {
            self.fault(steps.span().start, "too_many_roles", args([("max", ROLES_MAX.to_string())]));
        }
        let mut below = None;
        for step in steps.get_ref().iter().take(ROLES_MAX) {
            below = self.step(step, below);
        }
        steps.get_ref().iter().map(|step| Role::new(step.get_ref())).collect()
    }

    /// The rung of this step, which must be above the one before.
    fn step(&mut self, step: &Spanned<String>, below: Option<usize>) -> Option<usize> {
        let ladder = self.ladder?;
        let (offset, role) = (step.span().start, step.get_ref());
        let Some(rung) = ladder.rung(&Role::new(role)) else {
            let known: Vec<&str> = ladder.ladder().iter().map(|(role, _)| role.as_str()).collect();
            self.fault(offset, "unknown_role", args([("role", role.clone()), ("known", known.join(", "))]));
            return below;
        };
        match below {
            Some(below) if below == rung => self.fault(offset, "role_twice", args([("role", role.clone())])),
            Some(below) if below > rung => {
                self.fault(offset, "steps_not_up_the_ladder", args([("role", role.clone())]));
            }
            Some(_) | None => {}
        }
        Some(rung)
    }

    fn bands(&mut self, bands: &Spanned<Vec<Spanned<BandText>>>) -> Vec<Band> {
        let start = bands.span().start;
        let bands = bands.get_ref();
        if bands.len() > BANDS_MAX {
            self.fault(start, "too_many_bands", args([("max", BANDS_MAX.to_string())]));
        }
        if bands.last().is_none_or(|last| last.get_ref().up_to.is_some()) {
            self.fault(bands.last().map_or(start, |last| last.span().start), "last_band_limited", Args::new());
        }
        let mut read: Vec<Band> = Vec::with_capacity(bands.len().min(BANDS_MAX));
        for (no, band) in bands.iter().enumerate().take(BANDS_MAX) {
            let is_last = no + 1 == bands.len();
            let up_to = self.up_to(band, is_last, read.last().and_then(|below| below.up_to));
            let steps = self.steps(&band.get_ref().steps);
            read.push(Band { up_to, steps });
        }
        read
    }

    fn up_to(
        &mut self,
        band: &Spanned<BandText>,
        is_last: bool,
        below: Option<crate::money::Money>,
    ) -> Option<crate::money::Money> {
        let Some(written) = &band.get_ref().up_to else {
            if !is_last {
                self.fault(band.span().start, "only_last_band_open", Args::new());
            }
            return None;
        };
        let offset = written.span().start;
        let Some(up_to) = amount::read(written.get_ref()) else {
            self.fault(offset, "bad_amount", args([("text", written.get_ref().clone())]));
            return below;
        };
        match below {
            Some(below) if below.currency != up_to.currency => {
                self.fault(offset, "band_currency", args([("wanted", below.currency.to_string())]));
            }
            Some(below) if below.minor >= up_to.minor => {
                self.fault(offset, "bands_not_rising", args([("below", below.to_string())]));
            }
            Some(_) | None => {}
        }
        Some(up_to)
    }
}
