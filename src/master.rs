//! Master data from tables: CSV or XLSX with a header row, or a JSON array of objects with the same names. Good rows are written,
//! bad ones come back with row, column and reason, all at once; a row is written whole or not at all.

mod columns;
mod goods;
mod partners;
mod promotions;
mod row;
mod sheet;
pub mod show;
pub mod stock;
mod table;

pub use columns::Column;

use crate::{
    app::Core,
    held,
    orders::customer_party,
    store::{
        Lane, StoreError, Tx,
        house::{self, Audited},
        master, parties, work,
    },
};
use model::{
    codes::{Carrier, Sku, Warehouse},
    facts::CustomerFacts,
    ids::PartyId,
    order::event::Actor,
    party::Party,
    said::Args,
};
use std::collections::{BTreeMap, BTreeSet};
use table::Table;

/// Data rows of one import.
pub const ROWS_MAX: usize = 100_000;
/// Faults reported of one import; the others are only counted.
pub const FAULTS_MAX: usize = 1_000;
/// Characters of a faulty value that are quoted.
const WAS_MAX: usize = 200;
/// Rows written in one transaction, so that a large table does not keep others from writing.
const CHUNK: usize = 500;

/// What a table is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Carriers,
    Customers,
    Prices,
    Products,
    Promotions,
    RateCards,
    Stock,
    Warehouses,
}

impl Kind {
    /// In the order they depend on each other.
    pub const ALL: [Self; 8] = [
        Self::Products,
        Self::Prices,
        Self::Promotions,
        Self::Customers,
        Self::Warehouses,
        Self::Stock,
        Self::Carriers,
        Self::RateCards,
    ];

    /// The name in paths and file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Carriers => "carriers",
            Self::Customers => "customers",
            Self::Prices => "prices",
            Self::Products => "products",
            Self::Promotions => "promotions",
            Self::RateCards => "rate_cards",
            Self::Stock => "stock",
            Self::Warehouses => "warehouses",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub const fn columns(self) -> &'static [Column] {
        columns::of(self)
    }
}

/// How a table is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Csv,
    Json,
    /// The first sheet of a workbook.
    Xlsx,
}

/// What came of an import.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Data rows read.
    pub rows: u32,
    /// Rows that were good and are stored.
    pub written: u32,
    /// By row; at most [`FAULTS_MAX`].
    pub faults: Vec<RowFault>,
    /// Faults beyond those.
    pub more_faults: u32,
}

/// One fault in a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowFault {
    /// As an editor counts it, the header being 1; in JSON the object's place from 1. 0: the table as a whole.
    pub row: u32,
    /// Empty: the row as a whole.
    pub column: String,
    /// Stable code; words are in `locales/`.
    pub code: String,
    /// What was there.
    pub was: String,
    pub args: Args,
}

impl RowFault {
    /// The arguments its words may use.
    pub fn words(&self) -> Args {
        let mut args = self.args.clone();
        args.insert("field".to_owned(), self.column.clone());
        args.insert("was".to_owned(), self.was.clone());
        args
    }
}

/// A fault of `code` at a place.
fn fault(code: &str, row: u32, column: &str, was: &str) -> RowFault {
    let was = was.chars().take(WAS_MAX).collect();
    RowFault { row, column: column.to_owned(), code: code.to_owned(), was, args: Args::new() }
}

/// Faults of a table: as many as are reported, and how many more there were.
#[derive(Debug, Default)]
struct Faults {
    kept: Vec<RowFault>,
    more: u32,
}

impl Faults {
    fn push(&mut self, fault: RowFault) {
        if self.kept.len() < FAULTS_MAX {
            self.kept.push(fault);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    fn extend(&mut self, faults: Vec<RowFault>) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }
}

/// Rows that were understood, each with its number, and what was wrong with the others.
struct Read<T> {
    good: Vec<(u32, T)>,
    faults: Faults,
}

impl<T> Read<T> {
    /// Takes out the rows for which `check` finds a fault.
    fn check(&mut self, mut check: impl FnMut(u32, &T) -> Option<RowFault>) {
        let faults = &mut self.faults;
        self.good.retain(|(row, value)| match check(*row, value) {
            Some(fault) => {
                faults.push(fault);
                false
            }
            None => true,
        });
    }
}

/// Imports a table. The same table again changes nothing. The last row of a key counts.
///
/// # Errors
/// The database is away; what was written so far stays, and the import may simply be repeated.
pub async fn import(
    core: &Core,
    kind: Kind,
    format: Format,
    bytes: &[u8],
    actor: &Actor,
) -> Result<Imported, StoreError> {
    let owned = bytes.to_vec();
    let table = tokio::task::spawn_blocking(move || table::read(kind, format, &owned)).await;
    let table = match table {
        Ok(Ok(table)) => table,
        Ok(Err(faults)) => return Ok(report(0, 0, Faults { kept: faults, more: 0 })),
        Err(error) => {
            tracing::error!(%error, "a table could not be read");
            return Ok(report(0, 0, Faults { kept: vec![fault("internal", 0, "", "")], more: 0 }));
        }
    };
    let rows = table.rows();
    let (written, faults) = match kind {
        Kind::Carriers => carriers(core, table).await?,
        Kind::Customers => customers(core, table).await?,
        Kind::Prices => prices(core, table).await?,
        Kind::Products => products(core, table).await?,
        Kind::Promotions => promotions::import(core, table).await?,
        Kind::RateCards => rate_cards(core, table).await?,
        Kind::Stock => counts(core, table, actor).await?,
        Kind::Warehouses => warehouses(core, table).await?,
    };
    let imported = report(rows, written, faults);
    note(core, kind, &imported, actor).await?;
    core.worlds.forget().await;
    Ok(imported)
}

fn report(rows: usize, written: usize, faults: Faults) -> Imported {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let Faults { mut kept, more } = faults;
    kept.sort_by_key(|f| f.row);
    Imported { rows: count(rows), written: count(written), faults: kept, more_faults: more }
}

async fn note(core: &Core, kind: Kind, imported: &Imported, actor: &Actor) -> Result<(), StoreError> {
    let Imported { rows, written, .. } = imported;
    let entry = Audited {
        at: core.clock.now(),
        actor: actor.clone(),
        action: "master_imported".to_owned(),
        target: kind.name().to_owned(),
        detail: format!("{{\"rows\":{rows},\"written\":{written}}}"),
    };
    let tx = core.store.begin(Lane::Work).await?;
    house::audit(&tx, &[entry]).await?;
    // Goods that arrive have work of their own.
    if *written > 0 && kind != Kind::Stock {
        work::schedule(&tx, &[held::after_mending(core.clock.now())]).await?;
    }
    tx.commit().await
}

/// Writes good rows, some at a time; gives how many.
async fn write<T>(
    core: &Core,
    good: Vec<(u32, T)>,
    put: impl AsyncFn(&Tx, &[T]) -> Result<(), StoreError>,
) -> Result<usize, StoreError> {
    let values: Vec<T> = good.into_iter().map(|(_, value)| value).collect();
    for some in values.chunks(CHUNK) {
        let tx = core.store.begin(Lane::Work).await?;
        put(&tx, some).await?;
        tx.commit().await?;
    }
    Ok(values.len())
}

type Written = Result<(usize, Faults), StoreError>;

async fn products(core: &Core, table: Table) -> Written {
    let now = core.clock.now();
    let Read { good, faults } = table.read(goods::product);
    let written = write(core, good, async |tx, some| master::put_products(tx, some, now).await).await?;
    Ok((written, faults))
}

async fn prices(core: &Core, table: Table) -> Written {
    let mut read = table.read(goods::price);
    let known = known_skus(core, read.good.iter().map(|(_, p)| &p.sku)).await?;
    read.check(|row, price| unknown_sku(&known, row, &price.sku));
    let written = write(core, read.good, async |tx, some| master::put_prices(tx, some).await).await?;
    Ok((written, read.faults))
}

async fn carriers(core: &Core, table: Table) -> Written {
    let now = core.clock.now();
    let Read { good, faults } = table.read(partners::carrier);
    let written = write(core, good, async |tx, some| master::put_carriers(tx, some, now).await).await?;
    Ok((written, faults))
}

async fn warehouses(core: &Core, table: Table) -> Written {
    let now = core.clock.now();
    let Read { good, faults } = table.read(partners::warehouse);
    let written = write(core, good, async |tx, some| master::put_warehouses(tx, some, now).await).await?;
    Ok((written, faults))
}

async fn rate_cards(core: &Core, table: Table) -> Written {
    let mut read = table.read(partners::rate_card);
    let carriers: BTreeSet<Carrier> = master::carriers(core.store.read()).await?.into_iter().map(|c| c.code).collect();
    let warehouses = known_warehouses(core).await?;
    read.check(|row, card| {
        if !carriers.contains(&card.carrier) {
            let mut unknown = fault("unknown_carrier", row, "carrier", card.carrier.as_str());
            unknown.args.insert("carrier".to_owned(), card.carrier.to_string());
            return Some(unknown);
        }
        (card.warehouse != "*").then(|| unknown_warehouse(&warehouses, row, &card.warehouse)).flatten()
    });
    let written = write(core, read.good, async |tx, some| master::put_rate_cards(tx, some).await).await?;
    Ok((written, read.faults))
}

/// Customers are people: who they are goes to `parties`, the rest to `customers`.
async fn customers(core: &Core, table: Table) -> Written {
    let now = core.clock.now();
    let Read { good, faults } = table.read(partners::customer);
    let good = good.into_iter().map(|(row, c)| (row, filed(core, c))).collect();
    let put = async |tx: &Tx, some: &[Filed]| {
        let people: Vec<(PartyId, Party)> = some.iter().map(|f| (f.id, f.party.clone())).collect();
        parties::insert(tx, &people).await?;
        let facts: Vec<(CustomerFacts, PartyId)> = some.iter().map(|f| (f.facts.clone(), f.id)).collect();
        master::put_customers(tx, &facts, now).await
    };
    Ok((write(core, good, put).await?, faults))
}

struct Filed {
    facts: CustomerFacts,
    id: PartyId,
    party: Party,
}

fn filed(core: &Core, (facts, party): (CustomerFacts, Party)) -> Filed {
    Filed { facts, id: customer_party(&core.party_key, &party), party }
}

async fn counts(core: &Core, table: Table, actor: &Actor) -> Written {
    let mut read = table.read(goods::count);
    let skus = known_skus(core, read.good.iter().map(|(_, (c, _))| &c.sku)).await?;
    let warehouses = known_warehouses(core).await?;
    read.check(|row, (count, _)| {
        unknown_sku(&skus, row, &count.sku).or_else(|| unknown_warehouse(&warehouses, row, &count.warehouse))
    });
    let (mut counts, mut points) = (Vec::new(), BTreeMap::new());
    for (_, (count, reorder)) in read.good {
        if let Some(reorder) = reorder {
            points.insert((count.sku.clone(), count.warehouse.clone()), reorder);
        }
        counts.push(count);
    }
    let points: Vec<_> = points.into_iter().map(|(key, (point, quantity))| (key, point, quantity)).collect();
    let cause = stock::cause(actor);
    for some in counts.chunks(CHUNK) {
        stock::count(core, some, &cause).await?;
    }
    for some in points.chunks(CHUNK) {
        stock::reorder(core, some).await?;
    }
    Ok((counts.len(), read.faults))
}

async fn known_skus<'a>(core: &Core, skus: impl Iterator<Item = &'a Sku>) -> Result<BTreeSet<Sku>, StoreError> {
    let wanted: Vec<Sku> = skus.cloned().collect::<BTreeSet<_>>().into_iter().collect();
    Ok(master::products(core.store.read(), &wanted).await?.into_keys().collect())
}

async fn known_warehouses(core: &Core) -> Result<BTreeSet<Warehouse>, StoreError> {
    let world = core.world(core.clock.now()).await?;
    Ok(world.warehouses.iter().map(|w| w.code.clone()).collect())
}

fn unknown_sku(known: &BTreeSet<Sku>, row: u32, sku: &Sku) -> Option<RowFault> {
    let mut unknown = fault("unknown_product", row, "sku", sku.as_str());
    unknown.args.insert("sku".to_owned(), sku.to_string());
    (!known.contains(sku)).then_some(unknown)
}

fn unknown_warehouse(known: &BTreeSet<Warehouse>, row: u32, warehouse: &Warehouse) -> Option<RowFault> {
    let mut unknown = fault("unknown_warehouse", row, "warehouse", warehouse.as_str());
    unknown.args.insert("warehouse".to_owned(), warehouse.to_string());
    (!known.contains(warehouse)).then_some(unknown)
}
