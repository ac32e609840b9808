//! What everybody asks of the gateway, over HTTP.

use super::house::House;
use crate::{
    cli::{http::percent_encoded, place},
    sandbox::Parcel,
};
use anyhow::{Result, anyhow, bail};
use model::said::Location;
use serde_json::Value;
use std::time::Duration;

/// The web shop's channel.
pub(super) const SHOP: &str = "shopify-eu";
/// How often something that happens by itself is looked at, and how many times before we give up: 10 s.
pub(super) const LOOK: Duration = Duration::from_millis(20);
pub(super) const LOOKS: u32 = 500;

impl House {
    /// A document once it has been read.
    pub(super) async fn read(&self, document: &str) -> Result<Value> {
        let path = format!("/v1/documents/{document}");
        for _ in 0..LOOKS {
            let found = self.people.han.get(&path).await?.good()?;
            if !matches!(found["state"].as_str(), Some("receiving" | "received")) {
                return Ok(found);
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("document {document} was not read in time")
    }

    /// The rejects of a document.
    pub(super) async fn rejects(&self, document: &str) -> Result<Vec<Value>> {
        let found = self.people.han.get(&format!("/v1/documents/{document}/rejects")).await?.good()?;
        Ok(found["items"].as_array().cloned().unwrap_or_default())
    }

    /// All orders that a channel knows by this id: there should be one.
    pub(super) async fn known_as(&self, channel: &str, external_id: &str) -> Result<Vec<Value>> {
        let id = percent_encoded(external_id);
        let found = self.people.han.get(&format!("/v1/orders?channel={channel}&external_id={id}")).await?.good()?;
        Ok(found["items"].as_array().cloned().unwrap_or_default())
    }

    /// The whole of an order, by its channel's id.
    pub(super) async fn order(&self, channel: &str, external_id: &str) -> Result<Value> {
        let found = self.known_as(channel, external_id).await?;
        let first = found.first().ok_or_else(|| anyhow!("{channel} has no order {external_id}"))?;
        self.by_id(text(&first["id"])).await
    }

    /// The whole of an order, by our id.
    pub(super) async fn by_id(&self, id: &str) -> Result<Value> {
        self.people.han.get(&format!("/v1/orders/{id}")).await?.good()
    }

    /// An order once `so` holds of it, or as it is when that takes too long.
    pub(super) async fn order_when(&self, id: &str, so: impl Fn(&Value) -> bool) -> Result<Value> {
        self.get_when(&format!("/v1/orders/{id}"), so).await
    }

    /// What is read there once `so` holds of it, or as it is when that takes too long.
    pub(super) async fn get_when(&self, path: &str, so: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut found = self.people.han.get(path).await?.good()?;
        for _ in 0..LOOKS {
            if so(&found) {
                break;
            }
            tokio::time::sleep(LOOK).await;
            found = self.people.han.get(path).await?.good()?;
        }
        Ok(found)
    }

    /// Says where each fault was, what was there and what it means.
    pub(super) fn tell_rejects(&self, rejects: &[Value]) {
        for reject in rejects {
            let at: Location = serde_json::from_value(reject["location"].clone()).unwrap_or_default();
            let (place, was) = (place(&at, self.story.language), text(&reject["was"]));
            let was = if was.is_empty() { String::new() } else { format!(" “{was}”") };
            let (title, code, remedy) = (text(&reject["title"]), text(&reject["code"]), text(&reject["remedy"]));
            let english = format!("{place}{was}: {title} [{code}]. {remedy}");
            let chinese = format!("{place}{was}：{title} [{code}]。{remedy}");
            self.story.detail(self.story.pick(&english, &chinese));
        }
    }

    /// Says which warehouses were looked at for an order, and why one was taken and not another.
    pub(super) async fn tell_candidates(&self, order: &str) -> Result<()> {
        for one in self.candidates(order).await? {
            let (place, km, days) = (text(&one["warehouse"]), &one["distance_km"], &one["days"]);
            let cents = one["freight"].as_i64().unwrap_or(0);
            let freight = format!("{}.{:02}", cents / 100, cents % 100);
            let offer = match text(&one["carrier"]) {
                "" => String::new(),
                carrier => {
                    let days = format!("{days} {}", self.story.pick("d", "天"));
                    format!(", {carrier} {} CNY {freight}, {days}", text(&one["service"]))
                }
            };
            self.story.detail(&format!("{place}: {km} km{offer}: {}", self.why(&one)));
        }
        Ok(())
    }

    /// The warehouses an order's last allocation looked at: the chosen ones, those that could have been, the others.
    pub(super) async fn candidates(&self, order: &str) -> Result<Vec<Value>> {
        let event = self.event(order, "allocated").await?.unwrap_or_default();
        let mut all = event["data"]["allocation"]["reasons"]["candidates"].as_array().cloned().unwrap_or_default();
        all.sort_by_key(|one| (one["chosen"] != true, text(&one["carrier"]).is_empty(), one["score"].as_i64()));
        Ok(all)
    }

    /// Why a warehouse was taken, or not.
    pub(super) fn why(&self, candidate: &Value) -> String {
        match text(&candidate["why_not"]) {
            "" => self.story.pick("chosen", "选中").to_owned(),
            code => self.story.language.say(code, &model::said::Args::new()).title.to_lowercase(),
        }
    }

    /// Waits until every message to a partner is delivered.
    pub(super) async fn delivered(&self) -> Result<()> {
        for _ in 0..LOOKS {
            let waiting = self.people.han.get("/v1/deliveries?state=waiting&limit=1").await?.good()?;
            if waiting["items"].as_array().is_none_or(Vec::is_empty) {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("the partners were not told everything in time")
    }

    /// Waits until every callback of this caller that arrived was read.
    pub(super) async fn settled_callbacks(&self, caller: &str) -> Result<()> {
        let path = format!("/v1/documents?channel={caller}&state=received");
        for _ in 0..LOOKS {
            let unread = self.people.han.get(&path).await?.good()?;
            if unread["items"].as_array().is_none_or(Vec::is_empty) {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("a callback was not read in time")
    }

    /// The parcel the carrier made of a fulfilment, once the ERP knows of it.
    pub(super) async fn parcel_of(&self, fulfilment: &str) -> Result<Parcel> {
        for _ in 0..LOOKS {
            if let Some(parcel) = self.sandbox.state().parcels.get(fulfilment) {
                return Ok(parcel.clone());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("the carrier has no parcel of {fulfilment}")
    }

    /// The text of the newest event of this name in an order's history.
    pub(super) async fn event(&self, id: &str, name: &str) -> Result<Option<Value>> {
        let history = self.people.han.get(&format!("/v1/orders/{id}/timeline")).await?.good()?;
        let items = history["items"].as_array().cloned().unwrap_or_default();
        Ok(items.into_iter().rev().find(|item| item["event"] == name))
    }
}

/// A JSON text, or nothing.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `1046.70 CNY`.
pub(super) fn total(order: &Value) -> String {
    format!("{} {}", text(&order["total"]), text(&order["currency"]))
}

/// From where and by whom each part of an order goes: `CN-SH by sf standard`.
pub(super) fn ways(order: &Value) -> String {
    let fulfilments = order["fulfilments"].as_array().into_iter().flatten().filter(|f| f["state"] != "cancelled");
    let way = |f: &Value| format!("{} / {} {}", text(&f["warehouse"]), text(&f["carrier"]), text(&f["service"]));
    fulfilments.map(|f| way(f).trim_end_matches(" / ").to_owned()).collect::<Vec<_>>().join(", ")
}

/// The titles of an order's holds, with the numbers of the other orders they speak of.
pub(super) fn holds(order: &Value) -> String {
    let holds = order["holds"].as_array().into_iter().flatten();
    let one = |hold: &Value| {
        let others = hold["orders"].as_array().into_iter().flatten();
        let others: Vec<&str> = others.map(|other| text(&other["number"])).collect();
        let title = text(&hold["title"]);
        if others.is_empty() { title.to_owned() } else { format!("{title}: {}", others.join(", ")) }
    };
    holds.map(one).collect::<Vec<_>>().join("; ")
}
