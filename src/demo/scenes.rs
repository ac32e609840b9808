//! The scenes, in the order they are played. A new one is a file and its line here.

mod api;
mod approval;
mod backorder;
mod carriers;
mod closing;
mod customers;
mod disorder;
mod doors;
mod feed;
mod folder;
mod later;
mod mending;
mod outage;
mod parcel;
mod partners;
mod phone;
mod prices;
mod shop;
mod shortage;
mod store;

use super::house::House;
use anyhow::Result;
use std::pin::Pin;

type Played<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;
pub(super) type Scene = for<'a> fn(&'a House) -> Played<'a>;

pub(super) const ALL: [Scene; 20] = [
    |house| Box::pin(shop::play(house)),
    |house| Box::pin(disorder::play(house)),
    |house| Box::pin(doors::play(house)),
    |house| Box::pin(folder::play(house)),
    |house| Box::pin(store::play(house)),
    |house| Box::pin(mending::play(house)),
    |house| Box::pin(phone::play(house)),
    |house| Box::pin(prices::play(house)),
    |house| Box::pin(approval::play(house)),
    |house| Box::pin(outage::play(house)),
    |house| Box::pin(shortage::play(house)),
    |house| Box::pin(backorder::play(house)),
    |house| Box::pin(parcel::play(house)),
    |house| Box::pin(carriers::play(house)),
    |house| Box::pin(partners::play(house)),
    |house| Box::pin(customers::play(house)),
    |house| Box::pin(api::play(house)),
    |house| Box::pin(feed::play(house)),
    |house| Box::pin(closing::play(house)),
    |house| Box::pin(later::play(house)),
];
