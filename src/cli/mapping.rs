//! `tributary mapping try`: what would be read from a file.

use super::{
    Wrong,
    config_file::ConfigFile,
    import::report,
    language::{Lang, pick},
};
use crate::{
    clock::{Clock, Stopwatch},
    config::{Channel, Config},
    setup,
    words::Language,
};
use adapters::{
    decode::{self, Stored},
    mapping::{ChannelDefaults, Mapping},
};
use anyhow::{Context as _, Result, anyhow};
use model::{
    money::Currency,
    port::inbound::{Document, Read, Summary},
    said::Reject,
};
use std::{
    fs::File,
    io::{self, Write as _},
    ops::ControlFlow,
    path::Path,
};

/// Try a mapping on a file without touching any database
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print what would be read: each statement as JSON, each reject in words
    Try(TryArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tributary mapping try pos-cn-csv receipts.csv
  tributary mapping try mappings/pos-cn-csv.toml receipts.csv --count
  tributary mapping try --config production.toml --channel store-17-pos receipts.csv

With --channel the file is read as that channel would read it: its mapping, zone, currency and country. A mapping
named before the file, and the options, stand in for the channel's.")]
struct TryArgs {
    /// A mapping inside the binary or of the configuration, or a .toml file (its folder may hold tables/); then the
    /// document. With --channel the document is enough
    #[arg(num_args = 1..=2, required = true, value_names = ["MAPPING", "FILE"])]
    what: Vec<String>,
    /// A channel of the configuration, whose mapping, zone, currency and country hold
    #[arg(long, value_name = "NAME", requires = "config")]
    channel: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
    /// Print figures only: statements, rejects, and how fast they were read
    #[arg(long)]
    count: bool,
    /// Print rejects as JSON too, one a line
    #[arg(long)]
    json: bool,
    /// Zone of times without one; Asia/Shanghai unless a channel says
    #[arg(long)]
    zone: Option<String>,
    /// Country of addresses without one; CN unless a channel says
    #[arg(long)]
    country: Option<String>,
    /// Currency where the document says none
    #[arg(long)]
    currency: Option<String>,
    #[command(flatten)]
    lang: Lang,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let Command::Try(args) = &args.command;
    let config = args.config.load()?;
    let channel = args.channel.as_deref().map(|name| of_config(&config, name)).transpose()?;
    let (mapping, file) = match (args.what.as_slice(), channel) {
        ([mapping, file], _) => (mapping, file),
        ([file], Some(channel)) => (&channel.mapping, file),
        _ => return Err(Wrong("name a mapping and a document, or a --channel and a document".to_owned()).into()),
    };
    let defaults = defaults(args, channel)?;
    let mapping = find(mapping, config.clone())?;
    let file = Path::new(file);
    let large = Large::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let document = Document {
        topic: "",
        name: &name,
        media_type: "",
        headers: &[],
        bytes: &[],
        received_at: Clock::system().now(),
    };
    let figures = read(&mapping, (&document, &large), &defaults, args)?;
    figures.print(args.lang.language());
    Ok(())
}

fn of_config<'c>(config: &'c Config, name: &str) -> Result<&'c Channel, Wrong> {
    config.channels.get(name).ok_or_else(|| {
        let known: Vec<&str> = config.channels.keys().map(String::as_str).collect();
        Wrong(format!("there is no channel `{name}`; there are: {}", known.join(", ")))
    })
}

/// What a channel says, unless an option says otherwise.
fn defaults(args: &TryArgs, channel: Option<&Channel>) -> Result<ChannelDefaults, Wrong> {
    let zone = args.zone.as_deref().or(channel.map(|c| c.zone.as_str())).unwrap_or("Asia/Shanghai");
    let zone = zone.parse().map_err(|_| Wrong(format!("`{zone}` is no IANA zone")))?;
    let country = args.country.as_deref().or(channel.map(|c| c.country.as_str())).unwrap_or("CN").to_owned();
    let currency = args.currency.as_deref().map(str::parse::<Currency>).transpose();
    let currency = currency.map_err(|_| Wrong("--currency takes a code like CNY".to_owned()))?;
    Ok(ChannelDefaults { currency: currency.or(channel.and_then(|c| c.currency)), zone, country })
}

/// The mapping by its name in the configuration or inside the binary, or the file with the folder it stands in.
fn find(wanted: &str, mut config: Config) -> Result<Mapping> {
    let path = Path::new(wanted);
    let is_file = path.extension().is_some_and(|e| e == "toml");
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
    bytes: u64,
    millis: u128,
}

/// The document as it lies on the disk, never whole in memory when it is large.
#[derive(Debug)]
struct Large<'p> {
    path: &'p Path,
    size: u64,
    head: Vec<u8>,
}

impl<'p> Large<'p> {
    fn open(path: &'p Path) -> io::Result<Self> {
        let file = File::open(path)?;
        Ok(Self { path, size: file.metadata()?.len(), head: decode::head(file)? })
    }
}

impl Stored for Large<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn head(&self) -> &[u8] {
        &self.head
    }

    fn open(&self) -> io::Result<Box<dyn io::Read + '_>> {
        Ok(Box::new(File::open(self.path)?))
    }
}

fn read(
    mapping: &Mapping,
    (document, large): (&Document<'_>, &Large<'_>),
    defaults: &ChannelDefaults,
    args: &TryArgs,
) -> Result<Figures> {
    let language = args.lang.language();
    let (mut statements, mut rejects, mut broken) = (0, 0, None);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let watch = Stopwatch::start();
    let summary = mapping.read_stored(document, large, defaults, &mut |read| {
        let line = match &read {
            Read::Said(said) => {
                statements += 1;
                (!args.count).then(|| serde_json::json!({ "said": said }).to_string())
            }
            Read::Reject(reject) => {
                rejects += 1;
                (!args.count).then(|| {
                    if args.json { serde_json::json!({ "reject": reject }).to_string() } else { told(reject, language) }
                })
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
        Some(_) | None => Ok(Figures { statements, rejects, summary, bytes: large.size, millis }),
    }
}

/// A reject in one line: where, its code, what was there, what is wrong with it and what to do.
fn told(reject: &Reject, language: Language) -> String {
    let words = language.say_reject(reject);
    let mut line = format!("{}: {}", report::place(&reject.location, language), reject.code);
    if !reject.was.is_empty() {
        line += &format!(" “{}”", reject.was);
    }
    if !reject.order_key.is_empty() {
        line += &format!(" ({} {})", pick(language, "order", "订单"), reject.order_key);
    }
    let detail = if words.detail.is_empty() { words.title } else { words.detail };
    for words in [detail, words.remedy].into_iter().filter(|words| !words.is_empty()) {
        line += &format!("  {words}");
    }
    line.replace(['\n', '\r'], " ")
}

impl Figures {
    fn print(&self, language: Language) {
        let Self { statements, rejects, summary, bytes, millis } = self;
        let per_second = (*statements as u128 * 1000).checked_div(*millis).unwrap_or(0);
        eprintln!(
            "{statements} statements and {rejects} rejects of {} records, {bytes} bytes, {millis} ms ({per_second} a second)",
            summary.records
        );
        if let Some(held) = &summary.held {
            let words = language.say(&held.code, &held.args);
            let waits = pick(language, "the whole file would wait for a person", "整份文件将等待人工处理");
            eprintln!("{waits}: {} [{}]  {}  {}", words.title, held.code, words.detail, words.remedy);
        }
    }
}
