//! Orders, commands, the feed, stock, master data and people over HTTP, on a real application.

mod desk;
mod lanes;
mod people;
mod reading;
mod stock;
mod tables;
