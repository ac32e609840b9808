//! What comes from outside, each signed as its sender signs.

use super::{calls::SHOP, house::House};
use crate::cli::http::Answer;
use adapters::{
    carriers::{self, signed},
    channels,
    sign::{self, Scheme},
};
use anyhow::{Result, anyhow, bail};
use model::time::Instant;
use serde_json::Value;

/// A web shop: its platform, its channel, the header its topics stand in, and the name of its secret.
pub(super) struct Shop {
    platform: &'static str,
    pub(super) channel: &'static str,
    topic: &'static str,
    secret: &'static str,
}

const SHOPIFY: Shop = Shop { platform: "shopify", channel: SHOP, topic: "x-shopify-topic", secret: "shopify_eu" };
pub(super) const WOO: Shop =
    Shop { platform: "woocommerce", channel: "woo-shop", topic: "x-wc-webhook-topic", secret: "woo_shop" };

/// The channel of the partner that signs in a way of its own.
pub(super) const PARTNER: &str = "partner-hook";
/// The channel of the market place, whose webhooks are Standard Webhooks.
pub(super) const MARKET: &str = "market";
/// The carriers' callers of the second half: one of the program's, one that configuration alone describes.
pub(super) const EASYPOST: &str = "easypost";
pub(super) const FORWARDER: &str = "forwarder";

const JSON: (&str, &str) = ("content-type", "application/json");

impl House {
    pub(super) fn secret(&self, name: &str) -> Result<Vec<u8>> {
        self.app.core.config.secret(name).map_err(|e| anyhow!("{e}"))
    }

    /// Posts a body as the shop's platform does, signed with its secret.
    pub(super) async fn posts(&self, shop: &Shop, topic: &str, body: Vec<u8>) -> Result<Answer> {
        self.posts_with(shop, topic, body, &self.secret(shop.secret)?).await
    }

    async fn posts_with(&self, shop: &Shop, topic: &str, body: Vec<u8>, secret: &[u8]) -> Result<Answer> {
        let platform = channels::named(shop.platform).ok_or_else(|| anyhow!("no platform {}", shop.platform))?;
        let scheme = platform.scheme.ok_or_else(|| anyhow!("{} has no signature scheme", shop.platform))?;
        let secret = (platform.key)(secret.to_vec());
        let signed = sign::sign(scheme, &[secret], "", self.app.core.clock.now(), &body);
        let signed = signed.map_err(|fault| anyhow!("it cannot be signed: {}", fault.code()))?;
        let mut headers = vec![JSON, (shop.topic, topic)];
        headers.extend(signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.door.post_bytes(&format!("/v1/channels/{}/webhooks", shop.channel), &headers, body.clone()).await
    }

    /// Posts a body as Shopify does.
    pub(super) async fn shop_says(&self, topic: &str, body: Vec<u8>) -> Result<Answer> {
        self.posts(&SHOPIFY, topic, body).await
    }

    /// The same with a secret of the caller's choice.
    pub(super) async fn shop_signs(&self, topic: &str, body: Vec<u8>, secret: &[u8]) -> Result<Answer> {
        self.posts_with(&SHOPIFY, topic, body, secret).await
    }

    /// As [`Self::shop_says`], and waits until the document was read.
    pub(super) async fn shop(&self, topic: &str, body: Vec<u8>) -> Result<Value> {
        let answer = self.shop_says(topic, body).await?;
        self.read_answered(&answer).await
    }

    /// The document a good answer to a webhook names, once it has been read.
    pub(super) async fn read_answered(&self, answer: &Answer) -> Result<Value> {
        if !answer.is_good() {
            bail!("a signed webhook was answered {} {}", answer.status, answer.code());
        }
        self.read(answer.location.rsplit('/').next().unwrap_or_default()).await
    }

    /// Posts a body as the partner does whose signature the configuration describes.
    pub(super) async fn partner_posts(&self, body: Vec<u8>, secret: &[u8]) -> Result<Answer> {
        let channel = self.app.core.channels.get(PARTNER);
        let signature = channel.and_then(|channel| channel.signature.as_ref());
        let (name, value) = signature.ok_or_else(|| anyhow!("{PARTNER} has no signature"))?.sign(secret, &body);
        self.door.post_bytes(&format!("/v1/channels/{PARTNER}/webhooks"), &[JSON, (&name, &value)], body).await
    }

    /// Posts a body as the market place does, signed at this time.
    pub(super) async fn market_posts(&self, body: Vec<u8>, at: Instant) -> Result<Answer> {
        let signed = sign::sign(Scheme::StandardWebhooks, &[self.secret("market")?], "msg_demo", at, &body);
        let signed = signed.map_err(|fault| anyhow!("it cannot be signed: {}", fault.code()))?;
        let headers = signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = std::iter::once(JSON).chain(headers).collect();
        self.door.post_bytes(&format!("/v1/channels/{MARKET}/webhooks"), &headers, body.clone()).await
    }

    /// EasyPost calls back.
    pub(super) async fn easypost_calls(&self, body: &Value) -> Result<Answer> {
        let carrier = &carriers::easypost::CARRIER;
        let secret = (carrier.key)(&self.secret("easypost")?);
        let body = body.to_string().into_bytes();
        let signed = sign::sign(carrier.scheme, &[secret], "", self.app.core.clock.now(), &body);
        let signed = signed.map_err(|fault| anyhow!("it cannot be signed: {}", fault.code()))?;
        let headers = signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = std::iter::once(JSON).chain(headers).collect();
        self.door.post_bytes(&format!("/v1/carriers/{EASYPOST}/callbacks"), &headers, body.clone()).await
    }

    /// The forwarder calls back, signed as the configuration's form says.
    pub(super) async fn forwarder_calls(&self, body: &Value, secret: &[u8]) -> Result<Answer> {
        let config = self.app.core.config.carriers.get(FORWARDER);
        let form: Option<&signed::Form> = config.and_then(|config| config.form.as_ref());
        let signature = &form.ok_or_else(|| anyhow!("{FORWARDER} has no form"))?.signature;
        let body = body.to_string().into_bytes();
        let value = signature.sign(secret, &body);
        let headers = [JSON, (signature.header.as_str(), value.as_str())];
        self.door.post_bytes(&format!("/v1/carriers/{FORWARDER}/callbacks"), &headers, body).await
    }
}
