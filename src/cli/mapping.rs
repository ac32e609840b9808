//! `tributary mapping try`: what would be read from a file.

use super::{Wrong, config_file};
use crate::{
    clock::{Clock, Stopwatch},
    config::Config,
    setup,
};
use adapters::mapping::{ChannelDefaults, Mapping};
use anyhow::{Result, anyhow};
use model::{
    money::Currency,
    port::inbound::{Document, Read, Summary},
};
use std::{
    io::Write as _,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// Try a mapping on a file without touching any database
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print what would be read: one JSON line for each statement and each reject
    Try(TryArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tributary mapping try pos-cn-csv receipts.csv
  tributary mapping try mappings/pos-cn-csv.toml receipts.csv --count")]
struct TryArgs {
    /// A mapping inside the binary, or a .toml file (its folder may hold tables/)
    mapping: String,
    /// The document
    file: PathBuf,
    /// Print figures only: statements, rejects, and how fast they were read
    #[arg(long)]
    count: bool,
    /// Zone of times without one
    #[arg(long, default_value = "Asia/Shanghai")]
    zone: String,
    /// Country of addresses without one
    #[arg(long, default_value = "CN")]
    country: String,
    /// Currency where the document says none
    #[arg(long)]
    currency: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let Command::Try(args) = &args.command;
    let mapping = find(&args.mapping)?;
    let zone = args.zone.parse().map_err(|_| Wrong(format!("`{}` is no IANA zone", args.zone)))?;
    let currency = args.currency.as_deref().map(str::parse::<Currency>).transpose();
    let currency = currency.map_err(|_| Wrong("--currency takes a code like CNY".to_owned()))?;
    let defaults = ChannelDefaults { currency, zone, country: args.country.clone() };
    let bytes = config_file::read(&args.file)?;
    let name = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let document = Document {
        topic: "",
        name: &name,
        media_type: "",
        headers: &[],
        bytes: &bytes,
        received_at: Clock::system().now(),
    };
    let figures = read(&mapping, &document, &defaults, args.count)?;
    figures.print();
    Ok(())
}

/// The mapping by its name inside the binary, or the file with the folder it stands in.
fn find(wanted: &str) -> Result<Mapping> {
    let path = Path::new(wanted);
    let is_file = path.extension().is_some_and(|e| e == "toml");
    let mut config = Config::load(None).map_err(|e| anyhow!("{e}"))?;
    if is_file {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        config.mappings = folder.to_owned();
    }
    let name =
        if is_file { path.file_stem().unwrap_or_default().to_string_lossy().into_owned() } else { wanted.to_owned() };
    let (mut found, mistakes) = setup::mappings_of(&config);
    let file = format!("{name}.toml");
    let own: Vec<String> = mistakes.iter().filter(|m| m.file == file).map(ToString::to_string).collect();
    if !own.is_empty() {
        return Err(anyhow!("the mapping has mistakes:\n{}", own.join("\n")));
    }
    let known: Vec<String> = found.keys().cloned().collect();
    found
        .remove(&name)
        .ok_or_else(|| Wrong(format!("there is no mapping `{name}`; there are: {}", known.join(", "))).into())
}

struct Figures {
    statements: usize,
    rejects: usize,
    summary: Summary,
    bytes: usize,
    millis: u128,
}

fn read(mapping: &Mapping, document: &Document<'_>, defaults: &ChannelDefaults, count: bool) -> Result<Figures> {
    let (mut statements, mut rejects, mut broken) = (0, 0, None);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let watch = Stopwatch::start();
    let summary = mapping.read_document(document, defaults, &mut |read| {
        let line = match &read {
            Read::Said(said) => {
                statements += 1;
                (!count).then(|| serde_json::json!({ "said": said }))
            }
            Read::Reject(reject) => {
                rejects += 1;
                (!count).then(|| serde_json::json!({ "reject": reject }))
            }
        };
        match line.map(|line| writeln!(out, "{line}")) {
            Some(Err(error)) => {
                broken = Some(error);
                ControlFlow::Break(())
            }
            Some(Ok(())) | None => ControlFlow::Continue(()),
        }
    });
    let millis = watch.elapsed().as_millis();
    match broken {
        // Whoever reads our output has seen enough.
        Some(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Some(_) | None => Ok(Figures { statements, rejects, summary, bytes: document.bytes.len(), millis }),
    }
}

impl Figures {
    fn print(&self) {
        let Self { statements, rejects, summary, bytes, millis } = self;
        let per_second = (*statements as u128 * 1000).checked_div(*millis).unwrap_or(0);
        eprintln!(
            "{statements} statements and {rejects} rejects of {} records, {bytes} bytes, {millis} ms ({per_second} a second)",
            summary.records
        );
        if let Some(held) = &summary.held {
            eprintln!("the whole file would wait for a person: {} {:?}", held.code, held.args);
        }
    }
}
