//! One fault on one database: the program under load, what happens to it, and how long it takes to be well again.

use super::{
    database::{Kind, Look},
    files::Files,
    judge::{Verdict, judge},
    line::Line,
    node::{Broken, Node},
    sender::{ARTICLES, Sender, request},
    site::{Place, Site},
};
use crate::documents::Taste;
use anyhow::{Result, bail};
use model::ids::DeliveryId;
use sea_orm::EntityTrait as _;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::task::JoinSet;
use tributary::{
    clock::{Clock, Stopwatch},
    entropy,
    store::{Lane, deliveries, entity},
};

/// Time in which an acknowledgement comes when nothing is broken.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time in which everything acknowledged is decided and told once the load has ended, as long as it goes on.
const STILL: Duration = Duration::from_secs(40);
/// The same, however it goes on.
const REST: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(20);

/// What a campaign needs besides a database.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// Nodes on the same database; 0 = one.
    pub(crate) nodes: usize,
    pub(crate) broken: Broken,
    /// Partners that know nothing again.
    pub(crate) forgetful: bool,
    pub(crate) place: Place,
    /// Files come too, into a folder and by upload.
    pub(crate) files: bool,
}

#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) site: Site,
    pub(crate) nodes: Vec<Node>,
    pub(crate) senders: Vec<Sender>,
    pub(crate) files: Option<Files>,
    broken: Broken,
    pub(crate) runs: u64,
    /// Acknowledgements that no sender counts.
    pub(crate) other_acks: u64,
    /// Seconds from mending until the next acknowledgement, the longest.
    pub(crate) heal: f64,
    /// Seconds from the load's end until all was decided and told.
    pub(crate) drain: f64,
    /// What a fault's own question found wrong.
    pub(crate) wrong: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl Campaign {
    /// A new database, its nodes running, nothing sent yet.
    pub(crate) async fn prepare(kind: Kind, needs: Needs) -> Result<Self> {
        let site = Site::prepare(kind, &needs).await?;
        let mut campaign = Self {
            site,
            nodes: Vec::new(),
            senders: Vec::new(),
            files: None,
            broken: needs.broken,
            runs: 0,
            other_acks: 0,
            heal: 0.0,
            drain: 0.0,
            wrong: Vec::new(),
            notes: Vec::new(),
        };
        for number in 0..campaign.site.nodes.len() {
            let node = campaign.start(number).await?;
            campaign.nodes.push(node);
        }
        Ok(campaign)
    }

    async fn start(&self, number: usize) -> Result<Node> {
        let (config, address) = &self.site.nodes[number];
        Node::start(config, *address, self.broken).await
    }

    /// Starts node 0 again.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        self.nodes[0] = self.start(0).await?;
        Ok(())
    }

    /// Starts node 0 again, to die at this passing of a crash point.
    pub(crate) fn launch_dying(&mut self, point: &'static str, passing: u64) -> Result<()> {
        let (config, address) = &self.site.nodes[0];
        let broken = Broken { dies_at: Some((point, passing)), ..self.broken };
        self.nodes[0] = Node::launch(config, *address, broken)?;
        Ok(())
    }

    /// A sender for each node, all with the same orders.
    pub(crate) fn load(&mut self) {
        let start = |(_, address): &(_, _)| Sender::start(*address, &self.site.ledger);
        self.senders.extend(self.site.nodes.iter().map(start));
    }

    pub(crate) fn acks(&self) -> u64 {
        self.senders.iter().map(|sender| sender.told.acks()).sum::<u64>() + self.other_acks
    }

    pub(crate) fn put_off(&self) -> u64 {
        self.senders.iter().map(|sender| sender.told.put_off.load(Ordering::SeqCst)).sum()
    }

    /// Waits for `more` acknowledgements.
    pub(crate) async fn until_acks(&self, more: u64) -> Result<()> {
        let (wanted, watch) = (self.acks() + more, Stopwatch::start());
        while self.acks() < wanted {
            if watch.elapsed() > PATIENCE {
                let said: Vec<String> = self.nodes.iter().map(Node::said).collect();
                bail!("no acknowledgement for {} s: {}", PATIENCE.as_secs(), tail(&said.join("\n")));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Some acknowledgements, then a moment nobody chose.
    pub(crate) async fn under_load(&self) -> Result<()> {
        self.until_acks(10 + entropy::below(20)).await?;
        tokio::time::sleep(Duration::from_millis(entropy::below(100))).await;
        Ok(())
    }

    /// Since `mended`, until somebody is acknowledged again.
    pub(crate) async fn heals(&mut self, mended: Stopwatch) -> Result<()> {
        self.until_acks(1).await?;
        self.heal = self.heal.max(mended.elapsed().as_secs_f64());
        self.runs += 1;
        Ok(())
    }

    /// The same webhook `times` times at once.
    pub(crate) async fn same(&mut self, order: u64, times: usize) -> Result<()> {
        let (request, hash) = request(&Taste::new(ARTICLES), order)?;
        let (request, address) = (Arc::new(request), self.site.nodes[0].1);
        let mut lines = Vec::new();
        for _ in 0..times {
            lines.push(Line::open(address).await?);
        }
        let mut all = JoinSet::new();
        for mut line in lines {
            let request = Arc::clone(&request);
            all.spawn(async move { line.status(&request).await });
        }
        while let Some(status) = all.join_next().await {
            match status?? {
                200 => {
                    self.site.ledger.note(order, &hash).await?;
                    self.other_acks += 1;
                }
                other => self.wrong.push(format!("one of {times} was answered {other}")),
            }
        }
        Ok(())
    }

    /// Ends the load and waits until everything is at rest.
    pub(crate) async fn drained(&mut self) -> Result<()> {
        for sender in &self.senders {
            self.wrong.extend(sender.told.strange().iter().map(|status| format!("an answer {status}")));
            self.other_acks += sender.told.acks();
        }
        for sender in std::mem::take(&mut self.senders) {
            let told = Arc::clone(&sender.told);
            let before = told.acks();
            if tokio::time::timeout(PATIENCE, sender.stop(true)).await.is_err() {
                self.wrong.push("what was on its way was never acknowledged".to_owned());
            }
            self.other_acks += told.acks() - before;
        }
        if let Some(files) = self.files.take()
            && let Err(error) = files.stop(PATIENCE).await
        {
            self.wrong.push(error.to_string());
        }
        self.rest().await
    }

    /// Waits until everything that came is decided and told; what is left when it never is.
    pub(crate) async fn rest(&mut self) -> Result<()> {
        let watch = Stopwatch::start();
        let (mut before, mut still) = (Vec::new(), Stopwatch::start());
        loop {
            let left = self.left().await?;
            if left.is_empty() {
                break;
            }
            if left.iter().any(|(what, _)| what == QUARANTINED) {
                self.redrive().await?;
            }
            if left != before {
                (before, still) = (left, Stopwatch::start());
            }
            if still.elapsed() > STILL || watch.elapsed() > REST {
                let said: Vec<String> = self.nodes.iter().map(|node| tail(&node.said())).collect();
                self.wrong.push(format!("never done: {before:?}: {}", said.join("\n")));
                break;
            }
            tokio::time::sleep(LOOK * 3).await;
        }
        self.drain = watch.elapsed().as_secs_f64();
        Ok(())
    }

    /// Waits until every document is read, whatever becomes of its orders.
    pub(crate) async fn all_read(&self) -> Result<()> {
        let watch = Stopwatch::start();
        while self.left().await?.iter().any(|(what, _)| what == UNREAD) {
            if watch.elapsed() > REST {
                bail!("documents were never read");
            }
            tokio::time::sleep(LOOK * 3).await;
        }
        Ok(())
    }

    /// What needs a person is sent again, as a person would once the partner is mended.
    async fn redrive(&self) -> Result<()> {
        let store = self.site.open().await?;
        let rows = entity::deliveries::Entity::find().all(store.read()).await?;
        let ids: Vec<DeliveryId> =
            rows.iter().filter(|row| row.state == "quarantined").map(|row| DeliveryId::from_uuid(row.id)).collect();
        let tx = store.begin(Lane::Work).await?;
        deliveries::redrive(&tx, &ids, Clock::system().now()).await?;
        tx.commit().await?;
        Ok(store.close().await?)
    }

    async fn left(&self) -> Result<Vec<(String, i64)>> {
        let mut look: Look = self.site.database.look().await?;
        let mut left = look.counts(LEFT).await?;
        left.retain(|(_, count)| *count > 0);
        Ok(left)
    }

    /// Waits until all is well when `heal`, ends the program, and asks everything; with the number of acknowledgements.
    pub(crate) async fn judged(mut self, heal: bool) -> Result<(Self, Verdict)> {
        if heal {
            self.drained().await?;
        } else {
            self.files = None;
            for sender in std::mem::take(&mut self.senders) {
                let told = Arc::clone(&sender.told);
                sender.stop(false).await?;
                self.other_acks += told.acks();
            }
        }
        for node in &mut self.nodes {
            node.kill()?;
            if node.said().contains("panicked") {
                self.wrong.push(format!("a panic: {}", tail(&node.said())));
            }
        }
        let mut verdict = judge(&self.site, heal).await?;
        verdict.wrong.append(&mut self.wrong);
        Ok((self, verdict))
    }

    /// Takes everything away.
    pub(crate) async fn remove(self) -> Result<()> {
        let Self { site, nodes, senders, .. } = self;
        drop((senders, nodes));
        let Site { database, partners, .. } = site;
        partners.stop().await;
        database.remove().await
    }
}

/// The end of a log.
fn tail(said: &str) -> String {
    let from = said.char_indices().rev().nth(800).map_or(0, |(at, _)| at);
    said[from..].to_owned()
}

const LEFT: &str = "SELECT 'documents not read', count(*) FROM documents WHERE state = 'received' \
     UNION ALL SELECT 'orders not decided', count(*) FROM orders WHERE status NOT IN ('released', 'cancelled') \
     UNION ALL SELECT 'deliveries quarantined', count(*) FROM deliveries WHERE state = 'quarantined' \
     UNION ALL SELECT 'deliveries not done', count(*) FROM deliveries WHERE state = 'waiting'";
const UNREAD: &str = "documents not read";
const QUARANTINED: &str = "deliveries quarantined";
