//! A partner world to try Tributary against: an ERP, a CRM and a carrier's booking service that speak the dialects of
//! `docs/connectors.md`, a receiver of webhooks, a tracking service, and a control desk that makes them fail. Everything is in memory (`docs/sandbox.md`).

mod answers;
mod callback;
mod control;
mod mailbox;
mod partners;
mod world;

pub use callback::{Callback, CallbackAnswer, CallbackError};
pub use world::{Booking, Hook, Mail, Mode, Parcel, Partner, Received, Record, State, Text};

use crate::dispatch::send::Client;
use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    web::{self, Data},
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};
use tokio::task::JoinHandle;
use world::World;

/// Bytes of a body the sandbox reads.
const BODY_MAX: usize = 4 * 1024 * 1024;

/// How the partners behave when they behave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// `Retry-After` of a busy partner, seconds.
    pub retry_after: u32,
    /// The ERP remembers neither keys nor what it has: what it is sent again it does again. No partner of ours may be so;
    /// it shows that a campaign would notice.
    pub forgetful: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { retry_after: 1, forgetful: false }
    }
}

/// A running sandbox. It goes on when this is dropped; [`Sandbox::stop`] ends it.
#[derive(Debug)]
pub struct Sandbox {
    pub address: SocketAddr,
    world: Arc<World>,
    client: Client,
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
    mailbox: Option<JoinHandle<()>>,
}

/// Starts the partners on `listener`. Call it inside a tokio runtime.
///
/// # Errors
/// The listener cannot be used.
pub fn start(listener: TcpListener, options: Options) -> std::io::Result<Sandbox> {
    let address = listener.local_addr()?;
    let world = Arc::new(World::new(options));
    let client = Client::new([]).map_err(std::io::Error::other)?;
    let (shared, calling) = (Data::from(Arc::clone(&world)), Data::new(client.clone()));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(calling.clone())
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .app_data(web::JsonConfig::default().limit(BODY_MAX))
            .configure(partners::routes)
            .configure(control::routes)
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(0)
    .listen(listener)?
    .run();
    let handle = server.handle();
    Ok(Sandbox { address, world, client, handle, task: tokio::spawn(server), mailbox: None })
}

/// Serves the sandbox until the process is asked to end (`tributary sandbox`).
///
/// # Errors
/// The listener cannot be used, or signals cannot be heard.
pub async fn run(listener: TcpListener, mail: Option<TcpListener>) -> std::io::Result<()> {
    let mut sandbox = start(listener, Options::default())?;
    if let Some(mail) = mail {
        sandbox.take_mail(mail)?;
    }
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(())
}

impl Sandbox {
    /// The base address of every partner, e.g. `http://127.0.0.1:9090`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes mail over SMTP on `listener` too; it shows in [`State::mails`].
    ///
    /// # Errors
    /// The listener cannot be used.
    pub fn take_mail(&mut self, listener: TcpListener) -> std::io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        self.mailbox = Some(tokio::spawn(mailbox::serve(Arc::clone(&self.world), listener)));
        Ok(())
    }

    /// The next `times` requests to `partner` go wrong in this way; 0 mends it at once.
    pub fn faults(&self, partner: Partner, mode: Mode, times: u32) {
        self.world.set_fault(partner, mode, times);
    }

    /// Everything the partners know and have received.
    pub fn state(&self) -> State {
        self.world.state()
    }

    /// Lets the tracking service tell the hub a parcel's history, signed as the real one does.
    ///
    /// # Errors
    /// A state the service does not have, a secret or address that cannot be used, or a hub that does not answer.
    pub async fn callback(&self, callback: &Callback) -> Result<CallbackAnswer, CallbackError> {
        callback::send(&self.world, &self.client, callback).await
    }

    /// Ends it: open connections are dropped.
    pub async fn stop(self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.abort();
        }
        self.handle.stop(false).await;
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the sandbox did not end well");
        }
    }
}
