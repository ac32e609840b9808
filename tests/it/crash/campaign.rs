//! A campaign: servers that die one after another on the same database, a platform that goes on sending, and the
//! questions asked of what is left.

use super::{
    sender::Sender,
    server::{End, Server},
    site::{CHANNEL, Leases, Site},
};
use model::{
    codes::Channel,
    ids::OrderId,
    order::state::{Decision, Slot},
    time::SECOND,
};
use sea_orm::EntityTrait;
use std::{collections::BTreeSet, time::Duration};
use tributary::{
    store::{Store, bulk::Lock, entity, orders, said},
    verify::verify,
};

/// New orders for each server.
const ORDERS: u64 = 16;
/// Time in which everything is decided and told after the last start.
const RECOVERY: Duration = Duration::from_secs(30);

pub(super) struct Campaign {
    pub(super) site: Site,
    sender: Sender,
    broken_promise: Option<&'static str>,
}

impl Campaign {
    pub(super) async fn prepare(url: &str, leases: Leases) -> Self {
        Self { site: Site::prepare(url, leases).await, sender: Sender::default(), broken_promise: None }
    }

    /// Servers from here on break this promise.
    pub(super) fn break_promise(&mut self, name: &'static str) {
        self.broken_promise = Some(name);
    }

    /// Starts a server, sends, and sees it die.
    pub(super) async fn crash(&mut self, end: &End) {
        self.sender.compose(ORDERS);
        let mut server = Server::start(&self.site.config, Some(end), self.broken_promise).await;
        let enough = |acknowledged| matches!(end, End::Killed { after } if acknowledged >= *after);
        if let Some(address) = server.address {
            self.sender.send(address, enough).await;
        }
        if matches!(end, End::Killed { .. }) {
            server.kill();
        }
        server.dies(end).await;
    }

    /// Starts a last server, sends what was not acknowledged, and waits until nothing is left to do.
    pub(super) async fn recover(&mut self) {
        self.sender.compose(ORDERS);
        let server = Server::start(&self.site.config, None, None).await;
        let address = server.address.unwrap_or_else(|| panic!("it does not start again\n{}", server.said()));
        let store = self.site.open().await;
        let recovered = async {
            while !self.sender.send(address, |_| false).await {}
            loop {
                let left = left_to_do(&store).await;
                if left.is_empty() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(RECOVERY, recovered).await.is_err() {
            panic!("never done: {:?}\n{}", left_to_do(&store).await, server.said());
        }
        store.close().await.expect("closes");
    }

    /// Acknowledged bodies that no stored document has.
    pub(super) async fn lost(&self) -> Vec<String> {
        let store = self.site.open().await;
        let stored = entity::documents::Entity::find().all(store.read()).await.expect("reads");
        let stored: BTreeSet<&[u8]> = stored.iter().map(|row| row.sha256.as_slice()).collect();
        let lost = self.sender.hashes().into_iter().filter(|hash| !stored.contains(hash.as_slice()));
        let lost = lost.map(hex::encode).collect();
        store.close().await.expect("closes");
        lost
    }

    /// What holds at every moment, a server's death included.
    pub(super) async fn check_at_rest(&self, after: &str) {
        assert_eq!(self.lost().await, [""; 0], "acknowledged and lost: {after}");
        let store = self.site.open().await;
        store.quick_check().await.expect("is sound");
        let report = verify(&store).await.expect("verifies");
        assert!(report.is_sound(), "{after}: {report:#?}");
        assert!(self.sender.hashes().len() as u64 <= report.documents, "{after}: {report:#?}");
        let doubled: Vec<_> = self.site.partners.state().effects.into_iter().filter(|(_, times)| *times != 1).collect();
        assert_eq!(doubled, [], "had more than one effect: {after}");
        store.close().await.expect("closes");
    }

    /// What holds once everything is done.
    pub(super) async fn check_in_the_end(&self) {
        self.check_at_rest("in the end").await;
        let store = self.site.open().await;
        let report = verify(&store).await.expect("verifies");
        assert_eq!(report.documents, self.sender.hashes().len() as u64, "one document for each body sent");
        assert_eq!(report.orders, self.sender.versions().len() as u64, "one order for each one sent");
        assert_eq!(report.deliveries, report.messages, "the one connector listens to everything");
        self.check_orders(&store).await;
        self.check_partner(&store).await;
        store.close().await.expect("closes");
    }

    /// Each order is known by its newest version and decided; some were released, some wait for stock.
    async fn check_orders(&self, store: &Store) {
        let versions = self.sender.versions();
        let keys: Vec<_> = versions.keys().map(|id| (Channel::new(CHANNEL), id.to_string())).collect();
        let words = said::get(store.read(), &keys).await.expect("reads");
        let ids: Vec<OrderId> = keys.iter().map(|(channel, id)| OrderId::of(channel.as_str(), id)).collect();
        let slots = orders::load(store.read(), &ids, Lock::No).await.expect("loads");
        let (mut released, mut waiting) = (0, 0);
        for ((key, id), newest) in keys.iter().zip(ids).zip(versions.values()) {
            // The platform's version is the time of its change, in microseconds.
            let known = words.get(key).and_then(|word| word.version).map(|at| at / SECOND % 60);
            assert_eq!(known, Some(i64::from(*newest)), "{key:?}");
            match slots.get(&id) {
                Some(Slot::Placed(order)) if matches!(order.decision, Decision::Released) => released += 1,
                Some(Slot::Placed(order)) if matches!(order.decision, Decision::Blocked { .. }) => waiting += 1,
                other => panic!("{key:?} is {other:?}"),
            }
        }
        assert!(released > 0 && waiting > 0, "{released} released, {waiting} wait: the story is too easy");
    }

    /// One effect for each delivery that is done, none of a delivery that does not exist, and none backwards.
    async fn check_partner(&self, store: &Store) {
        let state = self.site.partners.state();
        let rows = entity::deliveries::Entity::find().all(store.read()).await.expect("reads");
        let done: BTreeSet<String> = rows.iter().filter(|r| r.state == "done").map(|r| r.id.to_string()).collect();
        let had: BTreeSet<String> = state.effects.keys().cloned().collect();
        assert_eq!(had, done, "effects and deliveries");
        assert_eq!(state.went_back, 0, "an older state was told after a newer one");
    }
}

/// Documents not read, orders not decided, deliveries not done.
async fn left_to_do(store: &Store) -> Vec<String> {
    let db = store.read();
    let documents = entity::documents::Entity::find().all(db).await.expect("reads");
    let unread = documents.into_iter().filter(|row| row.state == "received").map(|row| format!("document {}", row.id));
    let deliveries = entity::deliveries::Entity::find().all(db).await.expect("reads");
    let untold = deliveries.into_iter().filter(|row| row.state != "done" && row.state != "superseded");
    let untold = untold.map(|row| format!("{} delivery {} {}", row.state, row.id, row.error));
    unread.chain(untold).collect()
}
