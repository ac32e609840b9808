//! `tributary master import`: tables of products, prices, customers and the rest.

use super::{
    Said, Wrong,
    config_file::{self, ConfigFile, open},
    language::{Lang, pick},
    out,
    server::{ServerArgs, Where},
};
use crate::{
    cli::http::Caller,
    master::{self, Format, Kind},
    words::Language,
};
use anyhow::Result;
use model::order::event::Actor;
use serde_json::Value;
use std::path::PathBuf;

/// Import products, prices, customers, warehouses, carriers, rate cards or stock
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Import one table: CSV or XLSX with a header row, or a JSON array of objects
    Import(Import),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tributary master import products fixtures/master/products.csv
  tributary master import stock count.json --server http://127.0.0.1:8080 --key trb_...

Bring products, warehouses and carriers before what names them. Good rows are stored, bad ones are listed; the same table
again changes nothing. Exits with 1 when a row was bad.")]
struct Import {
    /// What the table is about
    #[arg(value_parser = kind)]
    kind: Kind,
    /// The table; JSON when its name ends in .json, XLSX (its first sheet) when it is a workbook
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    lang: Lang,
}

fn kind(text: &str) -> Result<Kind, String> {
    let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    Kind::named(text).ok_or_else(|| format!("there is no such table; there are: {}", known.join(", ")))
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let Command::Import(args) = &args.command;
    let language = args.lang.language();
    let bytes = config_file::read(&args.file)?;
    let format = format(&args.file, &bytes);
    match args.server.decide(&args.config, language)? {
        Where::There(caller) => there(&caller, args.kind, format, bytes, language).await,
        Where::Here(checked) => {
            let core = open(checked, true).await?;
            here(&master::import(&core, args.kind, format, &bytes, &Actor::System).await?, language)
        }
    }
}

/// By the name for JSON, by the first bytes for a workbook, whatever its name.
fn format(file: &std::path::Path, bytes: &[u8]) -> Format {
    match file.extension() {
        _ if bytes.starts_with(b"PK\x03\x04") => Format::Xlsx,
        Some(extension) if extension.eq_ignore_ascii_case("json") => Format::Json,
        // An old workbook or an encrypted one is refused with its name.
        Some(extension) if extension.eq_ignore_ascii_case("xlsx") => Format::Xlsx,
        _ => Format::Csv,
    }
}

/// One bad row.
struct Bad {
    row: u64,
    column: String,
    code: String,
    was: String,
    words: String,
}

fn here(done: &master::Imported, language: Language) -> Result<()> {
    let bad = done.faults.iter().map(|fault| {
        let words = language.say(&fault.code, &fault.words());
        Bad {
            row: fault.row.into(),
            column: fault.column.clone(),
            code: fault.code.clone(),
            was: fault.was.clone(),
            words: format!("{} {}", if words.detail.is_empty() { &words.title } else { &words.detail }, words.remedy),
        }
    });
    print(done.rows.into(), done.written.into(), &bad.collect::<Vec<_>>(), done.more_faults.into(), language)
}

async fn there(caller: &Caller, kind: Kind, format: Format, bytes: Vec<u8>, language: Language) -> Result<()> {
    let media_type = match format {
        Format::Csv => "text/csv",
        Format::Json => "application/json",
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };
    let path = format!("/v1/master/{}", kind.name());
    let answer = caller.post_bytes(&path, &[("content-type", media_type)], bytes).await?;
    // A table with bad rows is answered with its report, whatever the status.
    let done = if answer.body["rows"].is_u64() { answer.body } else { answer.good()? };
    let number = |name: &str| done[name].as_u64().unwrap_or(0);
    let bad = |fault: &Value| {
        let text = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
        Bad {
            row: fault["row"].as_u64().unwrap_or(0),
            column: text("column"),
            code: text("code"),
            was: text("was"),
            words: format!("{} {}", text("detail"), text("remedy")),
        }
    };
    let faults: Vec<Bad> = done["faults"].as_array().into_iter().flatten().map(bad).collect();
    print(number("rows"), number("written"), &faults, number("more_faults"), language)
}

fn print(rows: u64, written: u64, bad: &[Bad], more: u64, language: Language) -> Result<()> {
    let say = |english, chinese| pick(language, english, chinese);
    out::line(&format!("{}: {rows}    {}: {written}", say("rows", "行数"), say("stored", "已保存")));
    for Bad { row, column, code, was, words } in bad {
        let was = if was.is_empty() { String::new() } else { format!("  “{was}”") };
        out::line(&format!("- {} {row}, {column}  {code}{was}", say("row", "行")));
        out::line(&format!("    {}", words.trim()));
    }
    if more > 0 {
        out::line(&format!("… {more} {}", say("more", "条未列出")));
    }
    match (rows, bad.is_empty()) {
        (0, true) => Err(Wrong(say("the table has no rows", "表中没有数据行").to_owned()).into()),
        (_, true) => Ok(()),
        (_, false) => Err(Said.into()),
    }
}
