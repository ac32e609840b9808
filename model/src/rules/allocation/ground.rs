//! What the search stands on: the goods wanted, the warehouses, what each has, and what leaving from it costs.

use super::{AllocationPolicy, Need};
use crate::{
    codes::{Sku, Warehouse},
    facts::{Facts, WarehouseFacts},
    measure::Quantity,
    money::Currency,
    order::state::Order,
    party::Destination,
    rules::{
        carrier::{
            self,
            lane::{Bid, Lane, Scale, lanes},
        },
        freight::Load,
        places::{self, Position},
    },
};
use std::collections::HashMap;

/// Warehouses the search considers at once; of more, those with the least cost of their own.
const SITES_MAX: usize = 64;

/// Everything wanted of one sku, whichever lines want it.
#[derive(Debug)]
pub(super) struct Goods<'a> {
    pub(super) sku: &'a Sku,
    /// Scaled by 10^6 like every quantity.
    pub(super) wanted: i64,
    weight_g: i64,
    volume_cm3: i64,
}

impl Goods<'_> {
    pub(super) fn onto(&self, load: Load, quantity: i64) -> Load {
        load.with(self.weight_g, self.volume_cm3, Quantity(quantity))
    }
}

/// A warehouse and the ways from it to this destination.
#[derive(Debug)]
pub(super) struct Site<'a> {
    pub(super) warehouse: &'a WarehouseFacts,
    pub(super) distance_km: i64,
    /// What the distance counts in the score.
    pub(super) haul: i64,
    /// Services that can be had at all; empty when the buyer collects.
    pub(super) lanes: Vec<Lane<'a>>,
    /// Stable code why it takes no part; empty when it does.
    pub(super) closed: &'static str,
}

#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) goods: Vec<Goods<'a>>,
    /// By warehouse code.
    pub(super) sites: Vec<Site<'a>>,
    /// What each site can promise of each goods, `goods x sites`.
    stock: Vec<i64>,
    /// Which goods each need wants.
    pub(super) wants: Vec<usize>,
    pub(super) collected: bool,
    pub(super) base: Currency,
    policy: &'a AllocationPolicy,
}

/// The same, reduced to what can take part: open sites and goods that are there.
#[derive(Debug)]
pub(super) struct Problem<'p> {
    pub(super) goods: Vec<&'p Goods<'p>>,
    /// Where each of them stands among all goods wanted.
    pub(super) origin: Vec<usize>,
    /// What can be promised of each goods by all sites together, at most what is wanted.
    pub(super) demand: Vec<i64>,
    pub(super) sites: Vec<&'p Site<'p>>,
    stock: Vec<i64>,
    pub(super) collected: bool,
    pub(super) split: i64,
    /// Warehouses that may be used.
    pub(super) most: usize,
    pub(super) scale: &'p Scale<'p>,
}

impl<'a> Ground<'a> {
    pub(super) fn of(order: &Order, needs: &'a [Need], facts: &'a Facts, scale: &Scale<'_>) -> Self {
        let (goods, wants) = goods(needs, facts);
        let policy = &facts.policies().allocation;
        let mut warehouses: Vec<&WarehouseFacts> = facts.world.warehouses.iter().collect();
        warehouses.sort_by(|a, b| a.code.cmp(&b.code));
        let stock = stock(&goods, &warehouses, facts);
        let destination = carrier::destination(order, facts);
        let lanes = match &destination {
            Some(to) => lanes(facts, &warehouses, to, order.header.wished),
            None => vec![vec![]; warehouses.len()],
        };
        let collected = destination.is_none();
        let buyer = || order.header.buyer.as_ref().and_then(|buyer| buyer.destination.clone());
        let to = destination.or_else(buyer).as_ref().and_then(position);
        let sites = warehouses.into_iter().zip(lanes).map(|(w, l)| Site::of(w, l, to, policy, scale)).collect();
        let base = facts.world.company.base_currency;
        let mut ground = Self { goods, sites, stock, wants, collected, base, policy };
        ground.close();
        ground
    }

    /// Says of each site whether it takes part.
    fn close(&mut self) {
        let (count, collected) = (self.sites.len(), self.collected);
        for (at, site) in self.sites.iter_mut().enumerate() {
            let warehouse = site.warehouse;
            let full = warehouse.daily_capacity > 0 && warehouse.planned_today >= warehouse.daily_capacity;
            site.closed = if !warehouse.active {
                "inactive"
            } else if site.lanes.is_empty() && !collected {
                "no_service"
            } else if full {
                "capacity"
            } else if self.stock.iter().skip(at).step_by(count).all(|stock| *stock == 0) {
                "no_stock"
            } else {
                ""
            };
        }
    }

    pub(super) fn stock(&self, goods: usize, site: usize) -> i64 {
        self.stock[goods * self.sites.len() + site]
    }

    /// Everything wanted, as one load.
    pub(super) fn load(&self) -> Load {
        self.goods.iter().fold(Load::ZERO, |load, goods| goods.onto(load, goods.wanted))
    }

    pub(super) fn problem<'p>(&'p self, scale: &'p Scale<'p>) -> Problem<'p> {
        let open = self.open(scale);
        let mut problem = Problem {
            goods: vec![],
            origin: vec![],
            demand: vec![],
            sites: open.iter().map(|site| &self.sites[*site]).collect(),
            stock: vec![],
            collected: self.collected,
            split: i64::from(self.policy.split),
            most: (self.policy.max_splits as usize).saturating_add(1),
            scale,
        };
        for (at, goods) in self.goods.iter().enumerate() {
            let there: Vec<i64> = open.iter().map(|site| self.stock(at, *site)).collect();
            let demand = there.iter().fold(0_i64, |sum, stock| sum.saturating_add(*stock)).min(goods.wanted);
            if demand > 0 {
                problem.goods.push(goods);
                problem.origin.push(at);
                problem.demand.push(demand);
                problem.stock.extend(there);
            }
        }
        problem
    }

    fn open(&self, scale: &Scale<'_>) -> Vec<usize> {
        let mut open: Vec<usize> = (0..self.sites.len()).filter(|site| self.sites[*site].closed.is_empty()).collect();
        if open.len() > SITES_MAX {
            open.sort_by_key(|site| self.sites[*site].cost(Load::ZERO, scale, self.collected));
            open.truncate(SITES_MAX);
            open.sort_unstable();
        }
        open
    }
}

impl<'a> Site<'a> {
    fn of(
        warehouse: &'a WarehouseFacts,
        mut lanes: Vec<Lane<'a>>,
        to: Option<Position>,
        policy: &AllocationPolicy,
        scale: &Scale<'_>,
    ) -> Self {
        lanes.retain(|lane| lane.bid(Load::ZERO, scale).is_ok());
        let distance_km = to.zip(seat(warehouse)).map_or(0, |(to, from)| places::distance_km(from, to));
        let haul = distance_km * i64::from(policy.thousand_km) / 1000;
        Self { warehouse, distance_km, haul, lanes, closed: "" }
    }

    /// The best service for `load`; equal ones by carrier and service code.
    pub(super) fn best(&self, load: Load, scale: &Scale<'_>) -> Option<(&Lane<'a>, Bid)> {
        let mut best: Option<(&Lane<'a>, Bid)> = None;
        for lane in &self.lanes {
            if let Ok(bid) = lane.bid(load, scale)
                && best.is_none_or(|(other, least)| (bid.score, lane.codes()) < (least.score, other.codes()))
            {
                best = Some((lane, bid));
            }
        }
        best
    }

    /// What sending `load` from here adds to the score; `None` when nothing carries it.
    pub(super) fn cost(&self, load: Load, scale: &Scale<'_>, collected: bool) -> Option<i64> {
        if collected {
            return Some(self.haul);
        }
        let least = self.lanes.iter().filter_map(|lane| lane.bid(load, scale).ok()).map(|bid| bid.score).min()?;
        Some(least.saturating_add(self.haul))
    }
}

impl Problem<'_> {
    pub(super) fn stock(&self, goods: usize, site: usize) -> i64 {
        self.stock[goods * self.sites.len() + site]
    }

    pub(super) fn cost(&self, site: usize, load: Load) -> Option<i64> {
        self.sites[site].cost(load, self.scale, self.collected)
    }

    /// Everything that can be promised, as one load.
    pub(super) fn load(&self) -> Load {
        self.goods.iter().zip(&self.demand).fold(Load::ZERO, |load, (goods, demand)| goods.onto(load, *demand))
    }
}

fn goods<'a>(needs: &'a [Need], facts: &Facts) -> (Vec<Goods<'a>>, Vec<usize>) {
    let mut goods: Vec<Goods<'a>> = Vec::with_capacity(needs.len());
    let mut places: HashMap<&Sku, usize> = HashMap::with_capacity(needs.len());
    let wants = needs.iter().map(|need| {
        let at = *places.entry(&need.sku).or_insert_with(|| {
            let product = facts.products.get(&need.sku);
            goods.push(Goods {
                sku: &need.sku,
                wanted: 0,
                weight_g: product.map_or(0, |p| p.weight_g),
                volume_cm3: product.map_or(0, |p| p.size.volume_cm3()),
            });
            goods.len() - 1
        });
        goods[at].wanted = goods[at].wanted.saturating_add(need.quantity.0.max(0));
        at
    });
    let wants = wants.collect();
    (goods, wants)
}

/// What may be promised of each goods by each of `warehouses` (sorted by code): one walk through the facts a sku.
fn stock(goods: &[Goods<'_>], warehouses: &[&WarehouseFacts], facts: &Facts) -> Vec<i64> {
    let mut stock = vec![0; goods.len() * warehouses.len()];
    for (goods, row) in goods.iter().zip(stock.chunks_mut(warehouses.len().max(1))) {
        let from = (goods.sku.clone(), Warehouse::default());
        for ((_, code), level) in facts.stock.range(from..).take_while(|((sku, _), _)| sku == goods.sku) {
            if let Ok(site) = warehouses.binary_search_by(|w| w.code.cmp(code)) {
                row[site] = level.available().0.max(0);
            }
        }
    }
    stock
}

fn position(to: &Destination) -> Option<Position> {
    places::locate(&to.country, &to.region, &to.city, &to.postcode)
}

/// Where a warehouse is: as master data says, else by its address.
fn seat(warehouse: &WarehouseFacts) -> Option<Position> {
    let stated = Position { latitude: warehouse.latitude, longitude: warehouse.longitude };
    if stated.latitude != 0 || stated.longitude != 0 {
        return Some(stated);
    }
    places::locate(&warehouse.country, &warehouse.region, &warehouse.city, &warehouse.postcode)
}
