//! Files: whatever the mapping describes, uploaded with an API key or imported on the command line.

use super::{Arrives, Platform};

pub static PLATFORM: Platform = Platform {
    name: "file",
    arrives: Arrives::AsFile,
    scheme: None,
    key: |secret| secret,
    ping: |_| false,
    topic_headers: &[],
    kept_headers: &[],
    reply: None,
    parse: |doc, engine, sink| engine(doc, sink),
};
