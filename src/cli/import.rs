//! `tributary import`: files to a channel, and what became of each order in them.

pub(super) mod direct;
pub(super) mod remote;
pub(super) mod report;

use super::{
    Said,
    config_file::{ConfigFile, application},
    language::{Lang, pick},
    server::{ServerArgs, Where},
};
use crate::words::Language;
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use report::Came;
use std::{path::PathBuf, time::Duration};

/// Bring files to a channel and say how many of their orders went through, and every fault
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tributary import store-17-pos receipts.csv --config config/demo.toml
  tributary import phone-desk *.xlsx --server http://127.0.0.1:8080 --key trb_...

Good orders go through whatever stands beside them; every bad cell is listed with its place, what was there and how to mend
it. The same file again changes nothing. Exits with 1 when a file could not be taken, or waits for a person as a whole.")]
pub(super) struct Args {
    /// Code of the channel
    channel: String,
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    lang: Lang,
}

/// How often a document's progress is asked for.
const POLL: Duration = Duration::from_millis(100);

pub(super) async fn run(args: &Args) -> Result<()> {
    let language = args.lang.language();
    let bar = bar(args.files.len());
    let mut all = Vec::new();
    let brought = bring(args, language, &bar, &mut all).await;
    bar.finish_and_clear();
    // Of those that came before one that could not be taken, too.
    let printed = report::print(&all, language);
    brought.and(printed)
}

async fn bring(args: &Args, language: Language, bar: &ProgressBar, all: &mut Vec<Came>) -> Result<()> {
    let mut left = 0;
    match args.server.decide(&args.config, language)? {
        Where::There(caller) => {
            for file in &args.files {
                let name = name_of(file);
                let show = shower(bar, &name, language);
                let came = remote::bring(&caller, &args.channel, &name, file, show).await;
                note(came, file, bar, all, &mut left);
            }
        }
        Where::Here(checked) => {
            direct::check_channel(&checked, &args.channel)?;
            let app = application(checked).await?;
            for file in &args.files {
                let name = name_of(file);
                let show = shower(bar, &name, language);
                let came = direct::bring(&app, &args.channel, &name, file, language, show).await;
                note(came, file, bar, all, &mut left);
            }
        }
    }
    if left == 0 { Ok(()) } else { Err(Said.into()) }
}

/// One file that cannot be taken does not keep the others waiting.
fn note(came: Result<Came>, file: &std::path::Path, bar: &ProgressBar, all: &mut Vec<Came>, left: &mut usize) {
    match came {
        Ok(came) => all.push(came),
        Err(error) => {
            *left += 1;
            bar.suspend(|| eprintln!("{}: {error:#}", file.display()));
        }
    }
    bar.inc(1);
}

fn name_of(file: &std::path::Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Shown on a terminal only.
fn bar(files: usize) -> ProgressBar {
    let bar = ProgressBar::new(files as u64);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(POLL);
    bar
}

/// Says how many orders of the file are in.
fn shower<'a>(bar: &'a ProgressBar, name: &'a str, language: Language) -> impl Fn(i64) + 'a {
    move |orders| bar.set_message(format!("{name}: {orders} {}", pick(language, "orders in", "张订单已入库")))
}

/// Waits until `ask` gives what became of a document; `show` hears of its progress.
async fn until<F: Future<Output = Result<Progress>>>(ask: impl Fn() -> F, show: impl Fn(i64)) -> Result<Came> {
    loop {
        match ask().await? {
            Progress::Reading(orders) => show(orders),
            Progress::Ended(came) => return Ok(came),
        }
        tokio::time::sleep(POLL).await;
    }
}

enum Progress {
    /// Statements committed so far.
    Reading(i64),
    Ended(Came),
}
