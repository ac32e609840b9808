//! kill -9 at each crash point, start again: nothing acknowledged is missing, nothing is double. The real server runs as
//! a child of this test, on SQLite and on PostgreSQL; the sender's own ledger alone says what was acknowledged.
#![cfg(debug_assertions)]

mod campaign;
mod damage;
mod large;
mod sender;
mod server;
mod site;

use crate::store::world::urls;
use campaign::Campaign;
use server::End;
use site::Leases;

/// Where the server dies, and at which passing.
const POINTS: [(&str, u32); 8] = [
    ("intake.before_commit", 4),
    ("intake.committed", 4),
    ("orders.before_journal", 2),
    ("orders.before_commit", 2),
    ("orders.committed", 2),
    ("dispatch.sent", 9),
    ("dispatch.before_record", 3),
    ("dispatch.recorded", 3),
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_missing_and_nothing_is_double() {
    urls(async |url: &str| {
        let mut campaign = Campaign::prepare(url, Leases::SHORT).await;
        for (point, passing) in POINTS {
            campaign.crash(&End::Point { point, passing }).await;
            campaign.check_at_rest(point).await;
        }
        campaign.crash(&End::Killed { after: 12 }).await;
        campaign.check_at_rest("kill -9").await;
        campaign.recover().await;
        campaign.check_in_the_end().await;
    })
    .await;
}

/// Alone on its file a server takes over at once what dead ones held: it waits for no lease of theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_alone_on_its_file_waits_for_no_lease() {
    urls(async |url: &str| {
        if !url.starts_with("sqlite:") {
            return;
        }
        let mut campaign = Campaign::prepare(url, Leases::LONG).await;
        // The second dies with what it took over of the first.
        for (point, passing) in [("orders.before_commit", 2), ("orders.before_commit", 1), ("dispatch.sent", 3)] {
            campaign.crash(&End::Point { point, passing }).await;
        }
        campaign.recover().await;
        campaign.check_at_rest("in the end").await;
    })
    .await;
}

/// The same campaign must find what a server loses that acknowledges before it commits.
#[tokio::test(flavor = "multi_thread")]
async fn control_an_early_acknowledgement_is_found() {
    urls(async |url: &str| {
        let mut campaign = Campaign::prepare(url, Leases::SHORT).await;
        campaign.break_promise("ack_before_commit");
        campaign.crash(&End::Point { point: "intake.before_commit", passing: 4 }).await;
        assert!(!campaign.lost().await.is_empty(), "an acknowledgement before the commit goes unnoticed");
    })
    .await;
}

/// Every kind of damage the checks of the database look for is one they find.
#[tokio::test(flavor = "multi_thread")]
async fn control_damage_is_found() {
    urls(async |url: &str| {
        let mut campaign = Campaign::prepare(url, Leases::SHORT).await;
        campaign.recover().await;
        campaign.check_at_rest("before any damage").await;
        for (sql, code) in damage::ALL {
            let found = damage::found(&campaign.site.open().await, sql).await;
            assert!(found.iter().any(|violation| violation.code == code), "{sql}: {found:#?}");
        }
    })
    .await;
}
