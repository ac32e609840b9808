//! Orders, commands, the feed, stock, master data and people over HTTP, on a real application.

mod desk;
mod mended;
mod people;
mod preview;
mod reading;
mod stock;
mod tables;
