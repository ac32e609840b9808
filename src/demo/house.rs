//! The stage: database, partners, gateway and people, all in this process and all reached over HTTP.

use super::{calls::text, moved};
use super::{people::People, props, story::Story};
use crate::{
    app::App,
    cli::{http::Caller, out},
    clock::Clock,
    intake, master,
    sandbox::{self, Sandbox},
    setup, web,
};
use anyhow::{Context as _, Result, anyhow, bail};
use model::order::event::Actor;
use serde_json::json;
use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

/// The tables of master data and what their rows are. Each may name what stands before it.
const MASTER: [(&str, &str, &str); 8] = [
    ("products", "articles", "种商品"),
    ("warehouses", "warehouses", "个仓库"),
    ("carriers", "carriers", "家承运商"),
    ("rate_cards", "freight rates", "条运价"),
    ("prices", "prices", "条价格"),
    ("promotions", "promotions", "个促销"),
    ("customers", "customers", "个客户"),
    ("stock", "stock levels", "条库存"),
];

/// Any free port of this machine alone.
const LOCAL: &str = "127.0.0.1:0";

pub(super) struct House {
    pub(super) story: Story,
    pub(super) app: App,
    pub(super) people: People,
    /// Without a key.
    pub(super) door: Caller,
    pub(super) sandbox: Sandbox,
    server: actix_web::dev::ServerHandle,
    /// Deleted with everything in it when this is dropped.
    folder: Option<tempfile::TempDir>,
    /// Where the database is, and the folders of those who do not speak over the network.
    pub(super) at: PathBuf,
}

impl House {
    pub(super) async fn open(story: Story, wanted: Option<PathBuf>) -> Result<Self> {
        story.section("A company is set up", "搭建演示公司");
        let (folder, at) = folder(wanted)?;
        let mut sandbox = sandbox::start(TcpListener::bind(LOCAL)?, sandbox::Options::default())?;
        let mail = TcpListener::bind(LOCAL)?;
        let mail_at = mail.local_addr()?;
        sandbox.take_mail(mail)?;
        let config = moved::config(&at, LOCAL, &sandbox.url(), mail_at)?;
        let checked = setup::check(config).map_err(|mistakes| {
            let all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            anyhow!("the demo's configuration has mistakes:\n{}", all.join("\n"))
        })?;
        let core = Arc::new(setup::open(checked, Clock::movable(), true).await?);
        let app = App::start(Arc::clone(&core))?;
        intake::folder::start(&app);
        let listener = TcpListener::bind(LOCAL)?;
        let address = listener.local_addr()?;
        let (server, _ended) = web::start(app.clone(), listener)?;
        let door = Caller::new(&format!("http://{address}"), "", story.language)?;
        let people = People::hire(&core, &door).await?;
        let house = Self { story, app, people, door, sandbox, server, folder, at };
        house.introduce(address);
        house.stock().await?;
        Ok(house)
    }

    fn introduce(&self, address: SocketAddr) {
        let (folder, partners) = (self.at.display(), self.sandbox.url());
        let (goes, goes_zh) = match self.folder {
            Some(_) => (" (deleted at the end; --folder keeps one)", "（结束后删除；用 --folder 可保留）"),
            None => ("", ""),
        };
        let english =
            format!("Tributary at http://{address}, SQLite in {folder}{goes}, the partner world at {partners}.");
        self.story.say(
            &english,
            &format!("Tributary 位于 http://{address}，SQLite 位于 {folder}{goes_zh}，伙伴沙箱位于 {partners}。"),
        );
        let permille = self.app.core.config.dispatch.backoff_permille;
        let english = format!(
            "Pauses before a partner is told again are shortened to {permille}/1000, so that nobody waits here."
        );
        self.story.say(&english, &format!("为免久等，对伙伴的重试间隔缩短为正常值的 {permille}/1000。"));
    }

    /// Imports the master data.
    async fn stock(&self) -> Result<()> {
        let mut told = Vec::new();
        for (name, english, chinese) in MASTER {
            let kind = master::Kind::named(name).with_context(|| format!("master data has no kind {name}"))?;
            let mut rows = self.import(kind, &props::master(&format!("{name}.csv"))?).await?;
            if name == "prices" {
                // What the other doors charge.
                rows += self.import(kind, &props::demo("prices.csv")?).await?;
            }
            told.push(format!("{rows} {}", self.story.pick(english, chinese)));
        }
        self.story.say(&format!("Master data: {}.", told.join(", ")), &format!("主数据：{}。", told.join("，")));
        let ning = self.people.one("ning", "purchasing")?;
        let point = json!({ "on_hand": "0", "reorder_point": "5", "reorder_quantity": "20" });
        let set = ning.put("/v1/stock/CN-ZS/LT-FL-0030", &point).await?.good()?;
        let (point, quantity) = (text(&set["reorder_point"]), text(&set["reorder_quantity"]));
        self.story.say(
            &format!("ning (purchasing) wants {quantity} LT-FL-0030 bought when fewer than {point} are free in CN-ZS."),
            &format!("ning（purchasing）设定：CN-ZS 的 LT-FL-0030 可用量低于 {point} 件时补货 {quantity} 件。"),
        );
        Ok(())
    }

    /// Imports a table, all of it; how many rows it has.
    async fn import(&self, kind: master::Kind, table: &[u8]) -> Result<u32> {
        let done = master::import(&self.app.core, kind, master::Format::Csv, table, &Actor::System).await?;
        if done.written != done.rows {
            bail!("{} of {} rows were imported; {:?}", done.written, done.rows, done.faults.first());
        }
        Ok(done.written)
    }

    /// Serves until Ctrl-C.
    pub(super) async fn stay(&self) -> Result<()> {
        let (server, key, partners) = (self.door.server(), &self.people.key, self.sandbox.url());
        self.story.section("Look around", "自己看看");
        self.story.say("Everything goes on until Ctrl-C. Try:", "服务继续运行，按 Ctrl-C 结束。可以试试：");
        out::line(&format!("   KEY={key}   # admin"));
        for path in ["/v1/orders?limit=5", "/v1/changes?limit=5", "/v1/documents?rejects=true"] {
            out::line(&format!("   curl -s -H \"Authorization: Bearer $KEY\" '{server}{path}'"));
        }
        out::line(&format!("   curl -s {partners}/control/state"));
        self.story.say(
            &format!("Or read and try the API at {server}/docs."),
            &format!("或在 {server}/docs 阅读并试用 API。"),
        );
        // However it is ended, the demo leaves nothing behind.
        crate::web::server::stop_asked().await;
        Ok(())
    }

    pub(super) async fn close(self) {
        self.server.stop(true).await;
        self.sandbox.stop().await;
        // Before the folder goes, the database must be let go of.
        drop(self.app);
        if let Some(folder) = self.folder
            && let Err(error) = folder.close()
        {
            tracing::warn!(%error, "the demo's folder could not be deleted");
        }
    }
}

/// Where the database goes: a folder that is kept when it was named, else one that goes away.
fn folder(wanted: Option<PathBuf>) -> Result<(Option<tempfile::TempDir>, PathBuf)> {
    let Some(at) = wanted else {
        let folder = tempfile::Builder::new().prefix("tributary-demo-").tempdir().context("no temporary folder")?;
        let at = folder.path().to_owned();
        return Ok((Some(folder), at));
    };
    std::fs::create_dir_all(&at).with_context(|| format!("{} cannot be made", at.display()))?;
    if at.join("tributary.db").exists() {
        bail!("{} holds the database of an earlier demo; name a new folder", at.display());
    }
    Ok((None, at))
}
