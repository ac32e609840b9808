//! `tributary key`: API keys. The secret is shown once and stored nowhere.

use super::{
    Wrong,
    config_file::{ConfigFile, is_served},
    out, table,
};
use crate::{
    auth,
    clock::Clock,
    keys, setup,
    setup::Checked,
    store::{Lane, Store, StoreOptions, keys as stored},
};
use anyhow::{Context as _, Result, bail};
use model::time::DAY;

/// Make, list and revoke API keys
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tributary key create --user mei --role order_desk
  tributary key create --user erp --role erp --days 365
  tributary key create --user till-17 --role channel --channel store-17-pos
  tributary key list
  tributary key revoke 3fK9aBcD

A key is shown once. These commands also work while a server runs; it learns of a revoked key within seconds.")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key; it is printed once
    Create(Create),
    /// List all keys
    List(Plain),
    /// Revoke a key
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
#[command(after_help = format!("Roles:\n{}", auth::roles_told()))]
struct Create {
    /// Who holds it: a person's or system's name, as it will stand in the history of orders
    #[arg(long)]
    user: String,
    /// What it may do: one of the roles below
    #[arg(long, value_parser = role)]
    role: String,
    /// The only channel it may bring documents to
    #[arg(long)]
    channel: Option<String>,
    /// Days until it ends; never when left out
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: Option<u32>,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Args)]
struct Plain {
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    /// The key's public id, as `key list` shows it
    id: String,
    #[command(flatten)]
    config: ConfigFile,
}

fn role(text: &str) -> Result<String, String> {
    let known: Vec<&str> = auth::roles().collect();
    if known.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("there is no such role; there are: {}", known.join(", ")))
    }
}

pub(super) async fn run(args: &Args) -> Result<()> {
    match &args.command {
        Command::Create(args) => create(args).await,
        Command::List(args) => list(&args.config).await,
        Command::Revoke(args) => revoke(args).await,
    }
}

/// The database alone. Beside a running server nothing is migrated; a key is one row, and SQLite itself lets one write
/// after the other.
async fn store(checked: &Checked) -> Result<Store> {
    let database = &checked.config.database;
    let served = is_served(&checked.config);
    let options =
        StoreOptions { url: database.url.clone(), allow_unsafe: database.allow_unsafe, ..StoreOptions::default() };
    let store = Store::open(&options).await.context("the database cannot be opened")?;
    if !served {
        store.migrate().await.context("the database cannot be migrated")?;
    }
    Ok(store)
}

async fn create(args: &Create) -> Result<()> {
    let checked = args.config.checked()?;
    if args.user.trim().is_empty() || args.user.chars().count() > 64 {
        return Err(Wrong("--user takes a name of 1 to 64 characters".to_owned()).into());
    }
    if let Some(channel) = args.channel.as_ref().filter(|code| !checked.channels.contains_key(*code)) {
        let known: Vec<&str> = checked.channels.keys().map(String::as_str).collect();
        return Err(Wrong(format!("there is no channel `{channel}`; there are: {}", known.join(", "))).into());
    }
    let store = store(&checked).await?;
    let now = Clock::system().now();
    let expires_at = args.days.map(|days| now.plus(i64::from(days) * DAY));
    let key = keys::make(&setup::pepper(&store).await?);
    let row = stored::ApiKey {
        id: key.id.clone(),
        user: args.user.trim().into(),
        role: args.role.as_str().into(),
        channel: args.channel.as_deref().map(Into::into),
        secret_hash: key.hash.to_vec(),
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    let tx = store.begin(Lane::Work).await?;
    stored::create(&tx, &row).await?;
    tx.commit().await?;
    store.close().await?;
    // The key alone goes to stdout, so that a script can take it.
    eprintln!("Key {} for {} ({}). It is shown this once:", row.id, row.user, row.role);
    out::line(&key.text);
    Ok(())
}

async fn list(config: &ConfigFile) -> Result<()> {
    let store = store(&config.checked()?).await?;
    let keys = stored::list(store.read()).await?;
    let now = Clock::system().now();
    let row = |key: &stored::ApiKey| {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "revoked".to_owned(),
            (None, Some(at)) if at <= now => "expired".to_owned(),
            (None, Some(at)) => format!("until {}", at.date(0)),
            (None, None) => "live".to_owned(),
        };
        let channel = key.channel.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![
            key.id.clone(),
            key.user.to_string(),
            key.role.to_string(),
            channel,
            key.created_at.date(0).to_string(),
            state,
        ]
    };
    let rows: Vec<_> = keys.iter().map(row).collect();
    for line in table::lines(&["id", "user", "role", "channel", "made", "state"], &rows) {
        out::line(&line);
    }
    Ok(())
}

async fn revoke(args: &Revoke) -> Result<()> {
    let store = store(&args.config.checked()?).await?;
    // Whoever pastes the whole key means the id inside it.
    let id = keys::id_of(&args.id).unwrap_or(&args.id);
    let tx = store.begin(Lane::Work).await?;
    let done = stored::revoke(&tx, id, Clock::system().now()).await?;
    tx.commit().await?;
    if !done {
        bail!("there is no live key `{id}`; `tributary key list` shows all");
    }
    out::line(&format!("Key {id} is revoked."));
    Ok(())
}
