//! What became of files, for a person at a terminal.

use crate::{
    cli::{Said, language::pick, out},
    words::Language,
};
use anyhow::Result;
use model::{port::inbound::Outcomes, said::Location};

/// Rejects of one file that are printed; the server lists all of them.
pub(super) const SHOWN: u64 = 100;

/// What became of one file.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Came {
    pub(super) name: String,
    pub(super) document: String,
    /// The same bytes had come before.
    pub(super) duplicate: bool,
    /// The code of why it waits for a person as a whole.
    pub(super) held: Option<String>,
    pub(super) good: u64,
    pub(super) bad: u64,
    pub(super) outcomes: Outcomes,
    pub(super) faults: Vec<Fault>,
    pub(super) faults_in_all: u64,
}

/// One bad place in it.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) order: String,
    pub(super) location: Location,
    pub(super) code: String,
    pub(super) was: String,
    pub(super) detail: String,
    pub(super) remedy: String,
}

/// Prints it; fails when a file waits as a whole, or nothing of it was taken.
pub(in crate::cli) fn print(all: &[Came], language: Language) -> Result<()> {
    for came in all {
        one(came, language);
    }
    if all.iter().any(|came| came.held.is_some() || nothing_taken(came)) {
        return Err(Said.into());
    }
    Ok(())
}

fn nothing_taken(came: &Came) -> bool {
    came.good == 0 && came.faults_in_all > 0
}

fn one(came: &Came, language: Language) {
    let say = |english, chinese| pick(language, english, chinese);
    out::line(&came.name);
    out::line(&format!("  {} {}", say("document", "单据"), came.document));
    if came.duplicate {
        out::line(&format!(
            "  {}",
            say("the same file came before; nothing was changed", "此文件已导入过，未作任何更改")
        ));
    }
    if let Some(code) = &came.held {
        let words = language.say(code, &model::said::Args::new());
        out::line(&format!(
            "  {}: {} [{code}]",
            say("waits for a person as a whole", "整份文件等待人工处理"),
            words.title
        ));
    }
    if came.held.is_none() && nothing_taken(came) {
        out::line(&format!("  {}", say("turned back: nothing of it was taken", "已退回：没有接收任何内容")));
    }
    out::line(&format!(
        "  {}: {}    {}: {}    {}: {}",
        say("orders taken", "成功订单"),
        came.good,
        say("orders turned back", "退回订单"),
        came.bad,
        say("rejects", "拒收条目"),
        came.faults_in_all
    ));
    // Those of a duplicate are what its first arrival did.
    if !came.duplicate && !came.outcomes.is_empty() {
        out::line(&format!("    {}", outcomes(came.outcomes, language)));
    }
    for fault in &came.faults {
        let was = if fault.was.is_empty() { String::new() } else { format!("  “{}”", fault.was) };
        let order = if fault.order.is_empty() {
            String::new()
        } else {
            format!("  {} {}", say("order", "订单"), fault.order)
        };
        out::line(&format!("  - {}  {}{was}{order}", place(&fault.location, language), fault.code));
        out::line(&format!("      {} {}", fault.detail, fault.remedy));
    }
    let more = came.faults_in_all.saturating_sub(came.faults.len() as u64);
    if more > 0 {
        out::line(&format!("  … {more} {}: GET /v1/documents/{}/rejects", say("more", "条未列出"), came.document));
    }
}

/// What became of the good orders.
fn outcomes(of: Outcomes, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let counts = [
        (say("created", "新建"), of.created),
        (say("changed", "更改"), of.changed),
        (say("unchanged", "无变化"), of.unchanged),
        (say("too late to be done", "过晚未执行"), of.refused),
        (say("of these waiting for a person", "其中等待人工处理"), of.held),
    ];
    counts.map(|(what, number)| format!("{what}: {number}")).join("    ")
}

/// A place as a person would look for it.
pub(crate) fn place(at: &Location, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let mut parts = Vec::new();
    if let Some(sheet) = &at.sheet {
        parts.push(format!("{} {sheet}", say("sheet", "工作表")));
    }
    match (&at.cell, at.row) {
        (Some(cell), _) => parts.push(format!("{} {cell}", say("cell", "单元格"))),
        (None, Some(row)) => parts.push(format!("{} {row}", say("row", "行"))),
        (None, None) => {}
    }
    if let Some(column) = &at.column {
        parts.push(format!("{} {column}", say("column", "列")));
    }
    if let Some(pointer) = &at.pointer {
        parts.push(pointer.clone());
    }
    if parts.is_empty() { say("whole document", "整份单据").to_owned() } else { parts.join(", ") }
}
