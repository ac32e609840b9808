//! Speaking to a Tributary server: for commands whose database a server holds, and for the demo, which plays everybody.

use crate::words::Language;
use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use std::{path::Path, time::Duration};

/// Time an answer may take; a large upload is stored before it is answered.
const DEADLINE: Duration = Duration::from_secs(600);
const CONNECT: Duration = Duration::from_secs(5);
/// Bytes of an answer we read.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// A caller of a server, with a key or without one.
#[derive(Clone)]
pub struct Caller {
    client: reqwest::Client,
    server: String,
    key: String,
    language: Language,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caller({})", self.server)
    }
}

/// What a server said.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    pub status: u16,
    /// The `Location` header, empty when there is none.
    pub location: String,
    /// `null` when the body is no JSON.
    pub body: Value,
}

impl Answer {
    pub const fn is_good(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The stable code of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The body of a good answer.
    ///
    /// # Errors
    /// The words of the problem the server answered with.
    pub fn good(self) -> Result<Value> {
        if self.is_good() {
            return Ok(self.body);
        }
        let said = |name: &str| self.body[name].as_str().unwrap_or_default().to_owned();
        let words: Vec<String> =
            ["title", "detail", "remedy"].map(said).into_iter().filter(|w| !w.is_empty()).collect();
        bail!("the server answered {} {}: {}", self.status, self.code(), words.join(" "))
    }
}

impl Caller {
    /// # Errors
    /// No TLS on this machine, or an address that is none.
    pub fn new(server: &str, key: &str, language: Language) -> Result<Self> {
        if !server.starts_with("http://") && !server.starts_with("https://") {
            bail!("`{server}` is no server's address; write it as http://127.0.0.1:8080");
        }
        // Only the first call installs it; a second one finds it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "the command line's one address of its own server")]
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(DEADLINE)
            .build()
            .context("no HTTP client could be made")?;
        Ok(Self { client, server: server.trim_end_matches('/').to_owned(), key: key.to_owned(), language })
    }

    /// The same with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub fn server(&self) -> &str {
        &self.server
    }

    /// # Errors
    /// The server is away or its answer is too long.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.client.get(format!("{}{path}", self.server))).await
    }

    /// Gets a file.
    ///
    /// # Errors
    /// As [`Self::get`], or the words of the problem the server answered with.
    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let (answer, body) = self.send_for_bytes(self.client.get(format!("{}{path}", self.server))).await?;
        answer.good().map(|_| body)
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let headers = [("content-type", "application/json")];
        self.send_bytes(reqwest::Method::POST, path, &headers, body.to_string().into_bytes()).await
    }

    /// Posts bytes as they are.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn post_bytes(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer> {
        self.send_bytes(reqwest::Method::POST, path, headers, body).await
    }

    /// Puts JSON.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.replace(path, "application/json", body.to_string().into_bytes()).await
    }

    /// Puts bytes of a media type in the place of what is there.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn replace(&self, path: &str, media_type: &str, body: Vec<u8>) -> Result<Answer> {
        self.send_bytes(reqwest::Method::PUT, path, &[("content-type", media_type)], body).await
    }

    /// Uploads one file under its name; the document's id and whether it was known.
    ///
    /// # Errors
    /// The server is away or does not take it.
    pub async fn upload(&self, channel: &str, name: &str, bytes: Vec<u8>) -> Result<(String, bool)> {
        let length = bytes.len() as u64;
        self.uploaded(channel, name, bytes.into(), length).await
    }

    /// Uploads a file from where it lies, never whole in memory.
    ///
    /// # Errors
    /// As [`Self::upload`], or it cannot be read.
    pub async fn upload_file(&self, channel: &str, name: &str, file: &Path) -> Result<(String, bool)> {
        let unreadable = || format!("{} cannot be read", file.display());
        let opened = tokio::fs::File::open(file).await.with_context(unreadable)?;
        let length = opened.metadata().await.with_context(unreadable)?.len();
        self.uploaded(channel, name, opened.into(), length).await
    }

    async fn uploaded(&self, channel: &str, name: &str, body: reqwest::Body, length: u64) -> Result<(String, bool)> {
        let path = format!("/v1/channels/{channel}/uploads");
        let length = length.to_string();
        let name = percent_encoded(name);
        let headers =
            [("content-type", "application/octet-stream"), ("content-length", &length), ("x-file-name", &name)];
        let taken = self.send_bytes(reqwest::Method::POST, &path, &headers, body).await?.good()?;
        let document = &taken["documents"][0];
        let id = document["document"].as_str().ok_or_else(|| anyhow!("the server named no document"))?;
        Ok((id.to_owned(), document["duplicate"].as_bool().unwrap_or_default()))
    }

    async fn send_bytes(
        &self,
        method: reqwest::Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Result<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.server)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer> {
        Ok(self.send_for_bytes(request).await?.0)
    }

    async fn send_for_bytes(&self, mut request: reqwest::RequestBuilder) -> Result<(Answer, Vec<u8>)> {
        if !self.key.is_empty() {
            request = request.bearer_auth(&self.key);
        }
        let request = request.header("accept-language", self.language.tag());
        let mut response = request.send().await.with_context(|| format!("{} does not answer", self.server))?;
        let location = response.headers().get("location").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.context("the answer broke off")? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_MAX {
                bail!("the answer is longer than {ANSWER_MAX} bytes");
            }
        }
        Ok((Answer { status, location, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }, body))
    }
}

/// Text for a header or an address.
pub fn percent_encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
