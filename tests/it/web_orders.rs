//! Orders, commands, the feed, stock, master data and people over HTTP, on a real application.

mod deliveries;
mod desk;
mod lanes;
mod mended;
mod people;
mod preview;
mod quotes;
mod reading;
mod replenishments;
mod stock;
mod tables;
mod taken_up;
