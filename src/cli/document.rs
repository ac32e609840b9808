//! `tributary document`: what is stored, back on disk.

use super::{
    config_file::{ConfigFile, open},
    language::{Lang, pick},
    out,
    server::{ServerArgs, Where},
};
use crate::{mending, store::documents};
use anyhow::{Context as _, Result, anyhow};
use model::ids::DocumentId;
use std::{path::PathBuf, sync::Arc};

/// Get the rows of a file that wait, to be mended
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write the rows of rejected orders as a workbook, each fault marked in its cell
    Mend(Mend),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tributary document mend 019ab7c2-7f3e-7c11-9d2f-5a1d0c9b8e77 --out mended.xlsx
  tributary import store-17-pos mended.xlsx          when the marked cells are corrected

The workbook holds only what waits; orders that went through are not in it and stay as they are.")]
struct Mend {
    /// The document's id, as an upload or import said it
    document: String,
    /// The workbook to be written; it must not be there yet
    #[arg(long, value_name = "FILE.xlsx")]
    out: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    lang: Lang,
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let Command::Mend(args) = &args.command;
    let language = args.lang.language();
    let id: DocumentId =
        args.document.parse().map_err(|_| anyhow!("`{}` is no document's id (a UUID)", args.document))?;
    let bytes = match args.server.decide(&args.config, language)? {
        Where::There(caller) => caller.get_bytes(&format!("/v1/documents/{id}/mended")).await?,
        Where::Here(checked) => {
            let core = Arc::new(open(checked, true).await?);
            let found = documents::by_id(core.store.read(), id).await?;
            mending::mend(&core, found.ok_or_else(|| anyhow!("there is no document {id}"))?, language).await?
        }
    };
    let shown = args.out.display();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.out)
        .with_context(|| format!("{shown} cannot be made"))?;
    std::io::Write::write_all(&mut file, &bytes).with_context(|| format!("{shown} cannot be written"))?;
    let next = pick(
        language,
        "correct the marked cells and import it to the same channel",
        "请更正标出的单元格后导入同一渠道",
    );
    out::line(&format!("{shown}: {next}"));
    Ok(())
}
