//! Mail over SMTP: `smtps://` (TLS from the start), `smtp://` (STARTTLS, never without) and, inside the house only,
//! `smtp+plain://`.
//!
//! The dialogue is led step by step, so that it is known how far it came: before the content's end nothing was done,
//! after it only the server's answer tells.

use crate::dispatch::guard;
use lettre::{
    Address,
    message::{
        Mailbox, Message,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::{Credentials as Login, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::ClientId,
    },
};
use model::{
    port::outbound::{Failure, MailRequest, Outcome},
    said::args,
};
use reqwest::Url;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

/// Until the connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// Ports of servers outside the house.
const PORTS: [u16; 4] = [465, 587, 2525, 25];
/// Recipients of one mail.
const TO_MAX: usize = 20;
/// How we greet: our own host's name is nobody's business.
const HELLO: &str = "tributary.invalid";

const DOWN: &str = "partner_down";
const REFUSED: &str = "partner_address_refused";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// TLS from the start.
    Tls,
    /// TLS before anything is told; a server without it is told nothing.
    StartTls,
    None,
}

/// A mail server and what goes over it.
pub struct Server {
    host: String,
    port: u16,
    security: Security,
    inside: bool,
    tls: TlsParameters,
    from: Mailbox,
    to: Vec<Mailbox>,
    login: Option<(String, String)>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, security, .. } = self;
        write!(f, "Server({host}:{port}, {security:?})")
    }
}

/// What a configuration says of a mail server.
#[derive(Debug)]
pub struct Wanted<'c> {
    pub url: &'c str,
    /// Plain connections and private addresses are meant.
    pub inside: bool,
    pub from: &'c str,
    pub to: &'c [String],
    /// A user and its password.
    pub login: Option<(String, String)>,
    /// Certificates (PEM) trusted besides the public ones.
    pub ca: Option<Vec<u8>>,
}

impl Server {
    /// The server that is wanted.
    ///
    /// # Errors
    /// What of the configuration cannot be used, in words.
    pub fn new(wanted: Wanted<'_>) -> Result<Self, String> {
        let Wanted { url, inside, from, to, login, ca } = wanted;
        let url = Url::parse(url).map_err(|_| "it is no address of the form smtp://host:587".to_owned())?;
        let (security, usual) = match url.scheme() {
            "smtps" => (Security::Tls, 465),
            "smtp" => (Security::StartTls, 587),
            "smtp+plain" if inside => (Security::None, 25),
            "smtp+plain" => return Err("mail without TLS needs `inside = true`".to_owned()),
            _ => return Err("mail goes to smtps://, smtp:// or smtp+plain://".to_owned()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("it names no host")?.to_ascii_lowercase();
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user or a password; credentials belong into `auth`".to_owned());
        }
        let port = url.port().unwrap_or(usual);
        if !inside && (!PORTS.contains(&port) || guard::is_local_name(&host)) {
            return Err("outside the house only the ports 465, 587, 2525 and 25 of public hosts are called".to_owned());
        }
        if to.len() > TO_MAX {
            return Err(format!("`to` has at most {TO_MAX} addresses"));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let mut tls = TlsParameters::builder(host.clone());
        if let Some(pem) = ca {
            let unusable = |_| "`ca` holds no certificate in PEM".to_owned();
            tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(unusable)?);
        }
        let tls = tls.build().map_err(|error| error.to_string())?;
        let to = to.iter().map(|address| mailbox(address)).collect::<Result<_, _>>()?;
        Ok(Self { host, port, security, inside, tls, from: mailbox(from)?, to, login })
    }

    /// What must be seen nowhere.
    pub(super) fn hidden(&self) -> Vec<String> {
        self.login.iter().map(|(_, password)| password.clone()).collect()
    }

    /// Sends one mail, in `request.deadline` at most.
    pub async fn send(&self, request: &MailRequest) -> Outcome {
        let to = match &request.to {
            None => Some(self.to.clone()),
            Some(address) => mailbox(address).ok().map(|to| vec![to]),
        };
        let written = to.and_then(|to| Some((self.content(request, &to)?, to)));
        let Some((content, to)) = written else {
            let args = args([("why", "mail".to_owned())]);
            return Outcome::Failed(Failure::Broken { code: "message_broken".to_owned(), args });
        };
        let deadline = Duration::from_micros(u64::try_from(request.deadline).unwrap_or(0));
        // Set before the content goes out: from then on a silence says nothing.
        let in_doubt = AtomicBool::new(false);
        match tokio::time::timeout(deadline, self.talk(&to, &content, &in_doubt)).await {
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(outcome)) => outcome,
            Err(_elapsed) if in_doubt.load(Ordering::Relaxed) => Outcome::Unknown { code: DOWN.to_owned() },
            Err(_elapsed) => Outcome::NotSent { code: DOWN.to_owned() },
        }
    }

    async fn talk(&self, to: &[Mailbox], content: &[u8], in_doubt: &AtomicBool) -> Result<(), Outcome> {
        let mut server = self.enter().await?;
        let addresses = to.iter().map(|to| to.email.clone());
        let said = async {
            server.command(Mail::new(Some(self.from.email.clone()), Vec::new())).await?;
            for to in addresses {
                server.command(Rcpt::new(to, Vec::new())).await?;
            }
            server.command(Data).await
        };
        if let Err(error) = said.await {
            server.abort().await;
            return Err(judged(&error));
        }
        in_doubt.store(true, Ordering::Relaxed);
        match server.message(content).await {
            Ok(_accepted) => {
                // It has the mail; whether it says goodbye does not matter.
                let _goodbye = server.quit().await;
                Ok(())
            }
            Err(error) if error.status().is_some() => {
                server.abort().await;
                Err(judged(&error))
            }
            Err(error) => {
                tracing::warn!(%error, host = self.host, "a mail server fell silent after the content");
                Err(Outcome::Unknown { code: DOWN.to_owned() })
            }
        }
    }

    /// A connection that is safe and logged in.
    async fn enter(&self) -> Result<AsyncSmtpConnection, Outcome> {
        let down = |error: Error| {
            tracing::warn!(%error, host = self.host, "a mail server cannot be used");
            Outcome::NotSent { code: DOWN.to_owned() }
        };
        let hello = ClientId::Domain(HELLO.to_owned());
        let address = self.address().await?;
        let at_once = (self.security == Security::Tls).then(|| self.tls.clone());
        let connected = AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT), &hello, at_once, None).await;
        let mut server = connected.map_err(down)?;
        if self.security == Security::StartTls {
            server.starttls(self.tls.clone(), &hello).await.map_err(down)?;
        }
        if let Some((user, password)) = &self.login {
            let login = Login::new(user.clone(), password.clone());
            if let Err(error) = server.auth(&[Mechanism::Plain, Mechanism::Login], &login).await {
                server.abort().await;
                let code = if error.is_permanent() || error.is_client() { "partner_auth" } else { DOWN };
                return Err(Outcome::NotSent { code: code.to_owned() });
            }
        }
        Ok(server)
    }

    /// Where the name leads now; a network that must not be called is not.
    async fn address(&self) -> Result<SocketAddr, Outcome> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found: Vec<SocketAddr> = found.map_err(|_| Outcome::NotSent { code: DOWN.to_owned() })?.collect();
        let usable = found.iter().find(|address| self.inside || guard::is_public(address.ip()));
        usable.copied().ok_or_else(|| Outcome::NotSent { code: REFUSED.to_owned() })
    }

    /// The mail as it goes over the wire; `None` when it cannot be written.
    fn content(&self, request: &MailRequest, to: &[Mailbox]) -> Option<Vec<u8>> {
        let id = format!("<{}@{}>", one_line(&request.id), self.from.email.domain());
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(request.at.0).unwrap_or(0));
        // Robots are not to answer (RFC 3834).
        let automatic = HeaderName::new_from_ascii("Auto-Submitted".to_owned()).ok()?;
        let mut mail = Message::builder().from(self.from.clone());
        for to in to {
            mail = mail.to(to.clone());
        }
        let mail = mail
            .message_id(Some(id))
            .date(at)
            .subject(one_line(&request.subject))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(request.text.clone());
        Some(mail.ok()?.formatted())
    }
}

/// What an answer in the dialogue means, before anything was accepted.
fn judged(error: &Error) -> Outcome {
    let Some(status) = error.status().map(u16::from) else { return Outcome::NotSent { code: DOWN.to_owned() } };
    let later = |code: &str| Outcome::Failed(Failure::Later { code: code.to_owned(), after: None });
    match status {
        // Authentication is wanted or not accepted: mended in the configuration.
        530 | 534 | 535 | 538 => later("partner_auth"),
        500..=599 => {
            let args = args([("status", status.to_string()), ("why", format!("smtp_{status}"))]);
            Outcome::Failed(Failure::Refused { code: "partner_refused".to_owned(), args })
        }
        _ => later("partner_busy"),
    }
}

/// An address, alone or as `Name <name@host>`; ASCII, since not every server takes more.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    let wrong = || format!("`{}` is no mail address", one_line(text));
    if text.chars().any(char::is_control) {
        return Err(wrong());
    }
    let mailbox: Mailbox = text.parse().map_err(|_| wrong())?;
    let plain = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if plain(&mailbox.email) { Ok(mailbox) } else { Err(wrong()) }
}

/// Nothing in a header may end it.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
