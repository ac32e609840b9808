//! `tributary demo`: the whole river before one's eyes. A new folder, an embedded database, the demo company's master data,
//! a partner world in this process, and real HTTP requests from everybody who would send them.
//!
//! Every line that is printed was read back from the server or the partners; where something is not as it should be, the
//! line says so and the demo fails. A scene is a function in its own file, listed in [`scenes::ALL`].

mod calls;
mod excel;
mod house;
mod mailbox;
mod moved;
mod people;
mod props;
mod scenes;
mod senders;
mod story;

use crate::cli::{Said, language::Lang};
use anyhow::Result;
use house::House;
use std::path::PathBuf;
use story::Story;

/// Show the whole river with a partner world and an embedded database, in a new folder
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tributary demo
  tributary demo --lang zh
  tributary demo --stay            then look around with curl; addresses and a key are printed

Needs nothing but this program. Takes some seconds; exits with 1 when anything is not as it should be.")]
pub struct Args {
    /// Keep serving afterwards, until Ctrl-C
    #[arg(long)]
    stay: bool,
    /// Folder for the database; a new one below the system's temporary folder when left out
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    lang: Lang,
}

/// Plays all scenes.
///
/// # Errors
/// Something could not be started, or was not as it should be.
pub async fn run(args: &Args) -> Result<()> {
    let story = Story::begin(args.lang.language());
    let house = House::open(story, args.folder.clone()).await?;
    for scene in scenes::ALL {
        scene(&house).await?;
    }
    let wrong = house.story.end();
    if wrong == 0 && args.stay {
        house.stay().await?;
    }
    house.close().await;
    if wrong == 0 { Ok(()) } else { Err(Said.into()) }
}
