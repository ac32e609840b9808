//! The language a command speaks.

use crate::{config, words::Language};

/// `--lang`, else what the environment says.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Lang {
    /// Language of what is printed: en or zh; else as LC_ALL, LC_MESSAGES or LANG say
    #[arg(long, value_name = "en|zh", value_parser = named)]
    lang: Option<Language>,
}

impl Lang {
    pub fn language(self) -> Language {
        self.lang.unwrap_or_else(of_environment)
    }
}

fn named(text: &str) -> Result<Language, String> {
    match text {
        "en" => Ok(Language::English),
        "zh" => Ok(Language::Chinese),
        other => Err(format!("`{other}` is not spoken here; use en or zh")),
    }
}

fn of_environment() -> Language {
    let set =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(config::environment).find(|text| !text.is_empty());
    if set.is_some_and(|text| text.starts_with("zh")) { Language::Chinese } else { Language::English }
}

/// One of two texts.
pub const fn pick<'a>(language: Language, english: &'a str, chinese: &'a str) -> &'a str {
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}
