//! `tributary replay`: a stored document read again.

use super::{
    config_file::{ConfigFile, application},
    import::{self, report},
    language::Lang,
    server::{ServerArgs, Where},
};
use crate::intake;
use anyhow::{Result, anyhow, bail};
use model::ids::DocumentId;
use serde_json::Value;

/// Read a stored document again with today's mapping
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tributary replay 019ab7c2-7f3e-7c11-9d2f-5a1d0c9b8e77

Orders change only where this document is the newest word about them.")]
pub(super) struct Args {
    /// The document's id, as an upload or import said it
    document: String,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    lang: Lang,
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let language = args.lang.language();
    let id: DocumentId =
        args.document.parse().map_err(|_| anyhow!("`{}` is no document's id (a UUID)", args.document))?;
    let came = match args.server.decide(&args.config, language)? {
        Where::There(caller) => {
            caller.post(&format!("/v1/documents/{id}/replay"), &Value::Null).await?.good()?;
            import::remote::wait(&caller, &id.to_string(), |_| ()).await?
        }
        Where::Here(checked) => {
            let app = application(checked).await?;
            if !intake::replay::replay(&app.core, &app.intake.parser, id).await? {
                bail!("there is no document {id}, or its bytes are gone");
            }
            import::direct::wait(&app.core, id, language, |_| ()).await?
        }
    };
    report::print(&[came], language)
}
