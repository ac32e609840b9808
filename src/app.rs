//! The application put together: configuration, store, channels, policies, and the tasks that serve them.

use crate::{
    clock::Clock,
    config::{self, Config},
    dispatch,
    feed::Feed,
    intake::{DocumentKind, Intake, folder::Folders},
    keys::KeyCache,
    metrics::Metrics,
    orders::{PartyKey, Runner},
    overload::{self, Degraded},
    setup::Wordings,
    store::{Store, StoreError},
    traces::Traces,
    world::WorldCache,
};
use adapters::{
    canonical,
    channels::{Arrives, Engine, Platform, Sink, topics::Topics},
    decode::Stored,
    mapping::{ChannelDefaults, Mapping},
    sign::configured::Signature,
};
use model::{
    codes::Channel,
    facts::World,
    message::MessageKind,
    port::inbound::{Document, Summary},
    rules::policy::Policies,
    time::Instant,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Notify, watch};

/// What every part of the shell shares.
#[derive(Debug)]
pub struct Core {
    pub config: Config,
    pub store: Store,
    pub clock: Clock,
    /// This node's name, new at every start.
    pub node: String,
    pub party_key: PartyKey,
    /// The database's own secret under which API keys are hashed.
    pub pepper: Vec<u8>,
    pub keys: KeyCache,
    pub policies: Arc<Policies>,
    pub channels: BTreeMap<String, Arc<ChannelRuntime>>,
    /// Who is told what, in alphabetical order.
    pub listeners: Vec<Listener>,
    /// How connectors' messages are written.
    pub wordings: Wordings,
    /// Rung when deliveries were written.
    pub deliveries: Notify,
    /// Rung when follow-up work was scheduled.
    pub work: Notify,
    /// The journal's last number as this node knows it; long polls wait on it.
    pub journal: watch::Sender<i64>,
    /// What pollers of the journal are told.
    pub feed: Feed,
    pub metrics: Metrics,
    pub traces: Traces,
    /// Whether there is too much to do.
    pub degraded: Degraded,
    /// The watched folders that cannot be used.
    pub folders: Folders,
    pub(crate) worlds: WorldCache,
}

/// A connector as far as the writers of deliveries need to know it.
#[derive(Clone, Debug)]
pub struct Listener {
    pub connector: String,
    pub kinds: Vec<MessageKind>,
    /// Only orders of these channels; empty: of all.
    pub channels: Vec<Channel>,
}

impl Listener {
    /// Whether it is told of this kind of message about an order of `channel`.
    pub fn hears(&self, kind: MessageKind, channel: Option<&Channel>) -> bool {
        let mine = self.channels.is_empty() || channel.is_some_and(|channel| self.channels.contains(channel));
        mine && self.kinds.contains(&kind)
    }
}

/// A channel ready to read documents.
#[derive(Debug)]
pub struct ChannelRuntime {
    pub code: Channel,
    pub platform: &'static Platform,
    pub mapping: Mapping,
    /// Reads orders in our own shape.
    pub canonical: Mapping,
    pub defaults: ChannelDefaults,
    /// How the sender signs, where configuration and not the platform says so.
    pub signature: Option<Signature>,
    /// Which mapping reads what, where topics have mappings of their own; else `mapping` reads everything.
    pub topics: Option<Topics>,
    /// Live signing secrets, newest first.
    pub secrets: Vec<Vec<u8>>,
    pub config: config::Channel,
}

impl ChannelRuntime {
    /// Reads a document; the same bytes give the same answer.
    pub fn parse(&self, kind: DocumentKind, document: &Document<'_>, sink: Sink<'_>) -> Summary {
        if kind == DocumentKind::Api {
            return canonical::parse(document, &self.canonical, &self.defaults, sink);
        }
        let engine: Engine<'_> = &|document, sink| match &self.topics {
            Some(topics) => topics.read(document, &self.defaults, sink),
            None => self.mapping.read_document(document, &self.defaults, sink),
        };
        (self.platform.parse)(document, engine, sink)
    }

    /// Documents of this kind may be larger than memory: files, which the one mapping of their channel reads.
    pub fn reads_stored(&self, kind: DocumentKind) -> bool {
        let is_file = matches!(kind, DocumentKind::Upload | DocumentKind::Import);
        is_file && self.platform.arrives == Arrives::AsFile && self.topics.is_none()
    }

    /// Reads a file piece by piece; `document.bytes` are not looked at.
    pub fn parse_stored(&self, document: &Document<'_>, stored: &dyn Stored, sink: Sink<'_>) -> Summary {
        self.mapping.read_stored(document, stored, &self.defaults, sink)
    }

    /// The mapping that reads a document of this kind.
    pub fn mapping_of(&self, kind: DocumentKind, document: &Document<'_>) -> &Mapping {
        if kind == DocumentKind::Api {
            return &self.canonical;
        }
        self.topics.as_ref().and_then(|topics| topics.mapping(document)).unwrap_or(&self.mapping)
    }

    /// The topic a request names, empty when it names none.
    pub fn topic<'h>(&self, headers: &'h [(String, String)]) -> &'h str {
        match &self.topics {
            Some(topics) => topics.of_headers(headers),
            None => self.platform.topic(headers),
        }
    }
}

impl Core {
    /// What rarely changes, read again when it did.
    ///
    /// # Errors
    /// The database is away and nothing was read before.
    pub async fn world(&self, now: Instant) -> Result<Arc<World>, StoreError> {
        self.worlds.get(self, now).await
    }
}

/// The running application: drop every clone to stop it.
#[derive(Clone, Debug)]
pub struct App {
    pub core: Arc<Core>,
    pub runner: Runner,
    pub intake: Intake,
}

impl App {
    /// Starts every task: order runner, intake, follow-up work, dispatch.
    ///
    /// # Errors
    /// A connector whose configuration cannot be used.
    pub fn start(core: Arc<Core>) -> Result<Self, config::ConfigError> {
        let runner = Runner::start(Arc::clone(&core));
        let intake = Intake::start(&core, &runner);
        tokio::spawn(crate::work::work(Arc::clone(&core), runner.clone()));
        tokio::spawn(overload::watch(Arc::clone(&core), runner.clone(), intake.clone()));
        dispatch::start(&core)?;
        Ok(Self { core, runner, intake })
    }
}
