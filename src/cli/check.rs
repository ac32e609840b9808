//! `tributary check`: all mistakes at once.

use super::{
    config_file::{ConfigFile, count},
    language::Lang,
    out,
};
use crate::words::Language;
use anyhow::Result;

/// Read configuration, policies and mappings; print every mistake with file, line and column
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tributary check --config config/production.toml

Exits with 1 when there is a mistake; each is printed as file:line:column: words [code].")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    lang: Lang,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let language = args.lang.language();
    let checked = args.config.checked_in(language)?;
    let (channels, carriers) = (checked.channels.len(), checked.config.carriers.len());
    let (connectors, rules) = (checked.config.connectors.len(), checked.policies.approval.rows().count());
    out::line(&match language {
        Language::English => format!(
            "No mistakes: {}, {}, {}, {}.",
            count(channels, "channel"),
            count(carriers, "callback"),
            count(connectors, "connector"),
            count(rules, "approval rule"),
        ),
        Language::Chinese => {
            format!("没有错误：{channels} 个渠道，{carriers} 个回调，{connectors} 个连接器，{rules} 条审批规则。")
        }
    });
    out::line(&match language {
        Language::English => format!("Policy set {}", checked.policies.hash),
        Language::Chinese => format!("策略集 {}", checked.policies.hash),
    });
    Ok(())
}
