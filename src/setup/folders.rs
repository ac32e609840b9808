//! The folders that channels watch.

use super::Mistake;
use crate::config::Config;
use adapters::channels;
use std::{collections::BTreeMap, path::Path};

/// A watched folder belongs to one channel, which takes files.
pub(super) fn check(config: &Config, mistakes: &mut Vec<Mistake>) {
    let mut seen: BTreeMap<&Path, &str> = BTreeMap::new();
    for (code, channel) in &config.channels {
        let Some(folder) = &channel.folder else { continue };
        let mistake =
            |code_of: &str, problem: &str| config.source.mistake(&["channels", code, "folder"], code_of, problem);
        if channels::named(&channel.platform).is_some_and(|platform| platform.arrives != channels::Arrives::AsFile) {
            mistakes.push(mistake("channel_wrong_kind", "only a channel of the platform `file` has a folder"));
        }
        if folder.path.as_os_str().is_empty() || folder.every_seconds == 0 {
            mistakes.push(mistake("invalid_value", "needs a path and at least 1 second between two looks"));
        }
        if let Some(other) = seen.insert(&folder.path, code) {
            mistakes.push(mistake("invalid_value", &format!("the channel `{other}` watches the same folder")));
        }
    }
}
