//! T5, T6 and T7: files of rows, read and decided; beside them what libraries take to look at the same cells.

use super::{
    child::{Role, Running},
    database::{Database, Kind, RELEASED, folder},
    documents::{SKUS, Taste, price_cents, sku},
    record::{Run, Wanted},
    world,
};
use adapters::decode::{self, Stored};
use anyhow::{Context as _, Result, anyhow, bail};
use calamine::{Reader as _, Xlsx};
use model::port::inbound::{Document, Read};
use rust_xlsxwriter::Workbook;
use serde::Deserialize;
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write as _},
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tributary::{
    clock::{Clock, Stopwatch},
    config::Config,
    setup,
};

const COLUMNS: [&str; 15] = [
    "order", "placed", "currency", "name", "phone", "email", "country", "city", "postcode", "street", "note", "sku",
    "title", "quantity", "price",
];
/// Rows of an order.
const LINES: u64 = 3;
/// Every quantity is so many times a shop's, so that no order pays for its delivery: no column says so.
const PIECES: i64 = 4;
/// The role of the process that reads one file.
pub(crate) const READ: &str = "read";
/// Readings of which the fastest counts.
const TIMES: usize = 3;

/// One row as text.
fn row(order: u64, (at, quantity): (usize, i64)) -> [String; 15] {
    let cents = price_cents(at);
    [
        format!("F{order:08}"),
        format!("2026-11-{:02} 10:{:02}:05", order % 20 + 1, order % 60),
        "EUR".to_owned(),
        format!("Anna Voorbeeld {order}"),
        "+31 30 555 0142".to_owned(),
        format!("anna.{order}@example.com"),
        "NL".to_owned(),
        "Utrecht".to_owned(),
        "3511 AB".to_owned(),
        format!("Voorbeeldstraat {}", order % 900 + 1),
        "Graag na 18 uur leveren, of bij de buren".to_owned(),
        sku(at),
        format!("Lamp {at}"),
        (quantity * PIECES).to_string(),
        format!("{}.{:02}", cents / 100, cents % 100),
    ]
}

/// A CSV of `orders` orders, numbered from `first` on.
fn csv_file(path: &Path, first: u64, orders: u64) -> Result<()> {
    let taste = Taste::new(SKUS);
    let mut out = csv::Writer::from_writer(BufWriter::new(File::create(path)?));
    out.write_record(COLUMNS)?;
    for order in first..first + orders {
        for line in taste.lines(order) {
            out.write_record(row(order, line))?;
        }
    }
    Ok(out.flush()?)
}

fn xlsx_file(path: &Path, orders: u64) -> Result<()> {
    let taste = Taste::new(SKUS);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let mut at = 0;
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write_string(at, column, name)?;
    }
    for order in 1..=orders {
        for line in taste.lines(order) {
            at += 1;
            for (column, text) in (0..).zip(row(order, line)) {
                match column {
                    13 | 14 => sheet.write_number(at, column, text.parse::<f64>()?)?,
                    _ => sheet.write_string(at, column, text)?,
                };
            }
        }
    }
    book.save(path)?;
    Ok(())
}

/// A row as the csv crate gives it without copying.
#[derive(Debug, Deserialize)]
struct Borrowed<'r> {
    order: &'r str,
    placed: &'r str,
    currency: &'r str,
    name: &'r str,
    phone: &'r str,
    email: &'r str,
    country: &'r str,
    city: &'r str,
    postcode: &'r str,
    street: &'r str,
    note: &'r str,
    sku: &'r str,
    title: &'r str,
    quantity: u32,
    price: &'r str,
}

impl Borrowed<'_> {
    fn bytes(&self) -> usize {
        let texts = [
            self.order,
            self.placed,
            self.currency,
            self.name,
            self.phone,
            self.email,
            self.country,
            self.city,
            self.postcode,
            self.street,
            self.note,
            self.sku,
            self.title,
            self.price,
        ];
        texts.iter().map(|text| text.len()).sum::<usize>() + self.quantity as usize
    }
}

/// Rows the csv crate looks at in a second.
fn csv_limit(path: &Path) -> Result<f64> {
    let bytes = std::fs::read(path)?;
    let (watch, mut rows, mut seen) = (Stopwatch::start(), 0_u64, 0);
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let (headers, mut record) = (reader.headers()?.clone(), csv::StringRecord::new());
    while reader.read_record(&mut record)? {
        seen += record.deserialize::<Borrowed<'_>>(Some(&headers))?.bytes();
        rows += 1;
    }
    std::hint::black_box(seen);
    Ok(rows as f64 / watch.elapsed().as_secs_f64())
}

/// Rows calamine looks at in a second, cell by cell.
fn xlsx_limit(path: &Path) -> Result<f64> {
    let watch = Stopwatch::start();
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(File::open(path)?))?;
    let sheet = book.sheet_names().first().cloned().context("no sheet")?;
    let (mut cells, mut rows) = (book.worksheet_cells_reader(&sheet)?, 0);
    while let Some(cell) = cells.next_cell()? {
        rows = u64::from(cell.get_position().0);
        std::hint::black_box(cell.get_value());
    }
    Ok(rows as f64 / watch.elapsed().as_secs_f64())
}

#[derive(Debug)]
struct OnDisk {
    path: PathBuf,
    size: u64,
    head: Vec<u8>,
}

impl Stored for OnDisk {
    fn size(&self) -> u64 {
        self.size
    }

    fn head(&self) -> &[u8] {
        &self.head
    }

    fn open(&self) -> io::Result<Box<dyn io::Read + '_>> {
        Ok(Box::new(File::open(&self.path)?))
    }
}

/// Plays the role [`READ`]: reads the file twice as the product does and says how long it took and the most memory it had.
///
/// # Errors
/// The file is not what the bench wrote.
pub(crate) fn play(path: &str) -> Result<()> {
    let config = Config::read(&world::files_config("sqlite://bench.db", world::NOBODY), "bench")?;
    let checked = setup::check(config).map_err(|mistakes| anyhow!("{mistakes:#?}"))?;
    let channel = checked.channels.get(world::STORES).context("no channel")?;
    let file = File::open(path)?;
    let stored = OnDisk { path: path.into(), size: file.metadata()?.len(), head: decode::head(file)? };
    let now = Clock::system().now();
    let document = Document { topic: "", name: "bench", media_type: "", headers: &[], bytes: &[], received_at: now };
    let (watch, mut orders, mut reject) = (Stopwatch::start(), 0_u64, None);
    let summary = channel.parse_stored(&document, &stored, &mut |read| {
        match read {
            Read::Said(_) => orders += 1,
            Read::Reject(found) => reject = Some(found),
        }
        ControlFlow::Continue(())
    });
    let seconds = watch.elapsed().as_secs_f64();
    if u64::from(summary.records) != orders * LINES {
        bail!("{} records are not {orders} orders: {reject:?} {:?}", summary.records, summary.held);
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let peak: f64 = peak.split_whitespace().next().unwrap_or("0").parse()?;
    println!("{} {seconds} {}", summary.records, peak / 1024.0);
    Ok(())
}

/// Rows a second of a process of its own, and the most MiB it had.
fn reading(path: &Path) -> Result<(f64, f64)> {
    let mut child = Command::new(std::env::current_exe()?);
    let child = child.args(["--role", READ]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().context("starting the reading process")?;
    writeln!(child.stdin.take().context("no input")?, "{}", path.display())?;
    let said = String::from_utf8(child.wait_with_output()?.stdout)?;
    let figures = said.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    let [rows, seconds, peak] = figures[..] else { bail!("the reading process said `{said}`") };
    Ok((rows / seconds, peak))
}

fn best(mut one: impl FnMut() -> Result<f64>) -> Result<f64> {
    (0..TIMES).try_fold(0.0, |best: f64, _| Ok(best.max(one()?)))
}

fn compared(target: &'static str, path: &Path, limit: impl Fn(&Path) -> Result<f64>, at_least: f64) -> Result<Run> {
    let mut peak = 0.0_f64;
    let value = best(|| {
        let (rate, most) = reading(path)?;
        peak = peak.max(most);
        Ok(rate)
    })?;
    let what = if target == "T5" { "CSV read and mapped" } else { "XLSX read and mapped" };
    let run = Run { db: "none", target, what, value, unit: "rows/s", rss_mib: Some(peak), ..Run::default() };
    Ok(run.against(best(|| limit(path))?, at_least))
}

/// T5: a CSV of a million rows.
pub(crate) fn csv_read(quick: bool) -> Result<Run> {
    let folder = folder()?;
    let path = folder.path().join("rows.csv");
    csv_file(&path, 1, if quick { 66_000 } else { 330_000 })?;
    compared("T5", &path, csv_limit, 0.10)
}

/// T6: a workbook of 100,000 rows.
pub(crate) fn xlsx_read(quick: bool) -> Result<Run> {
    let folder = folder()?;
    let path = folder.path().join("rows.xlsx");
    xlsx_file(&path, if quick { 10_000 } else { 33_000 })?;
    compared("T6", &path, xlsx_limit, 0.55)
}

/// T7: a CSV imported and decided; a tenth of it first, on a server of its own, for its memory.
pub(crate) async fn imported(quick: bool, orders: u64, kind: Kind) -> Result<Vec<Run>> {
    let orders = match (orders, quick) {
        (0, true) => 20_000,
        (0, false) => 330_000,
        (n, _) => n,
    };
    let small = import(kind, orders / 10).await?;
    let large = import(kind, orders).await?;
    let run = |what, value, unit, wanted, rss_mib, orders| Run {
        db: kind.name(),
        target: "T7",
        what,
        value,
        unit,
        wanted: Some(wanted),
        rss_mib: Some(rss_mib),
        orders: Some(orders),
        ..Run::default()
    };
    Ok(vec![
        run("a tenth of the file: peak memory", small.1, "MiB", Wanted::AtMost(150.0), small.1, orders / 10),
        run("the whole file: peak memory", large.1, "MiB", Wanted::AtMost(150.0), large.1, orders),
        run("CSV imported and decided", large.0, "orders/s", Wanted::AtLeast(10_000.0), large.1, orders),
    ])
}

/// Orders a second, and the most MiB the server had.
async fn import(kind: Kind, orders: u64) -> Result<(f64, f64)> {
    super::say(&format!("{}: a file of {} rows", kind.name(), orders * LINES));
    let folder = folder()?;
    let path = folder.path().join("rows.csv");
    csv_file(&path, 1, orders)?;
    let database = Database::fresh(kind).await?;
    world::fill(&database.url, SKUS).await?;
    let server = Running::importing(Role::Import, &database.url, &path)?;
    let mut look = database.look().await?;
    let watch = Stopwatch::start();
    look.until_released(orders).await?;
    let seconds = watch.elapsed().as_secs_f64();
    if look.number(RELEASED).await? != orders {
        bail!("more orders than the file has");
    }
    super::say(&format!(
        "   {:.0} orders/s; each took {:.0} us of processor time; {:.0} MiB at most, {:.0} MiB at rest before",
        orders as f64 / seconds,
        server.processor_seconds() * 1e6 / orders as f64,
        server.memory_mib("VmHWM").unwrap_or(0.0),
        server.rested.unwrap_or(0.0),
    ));
    let peak = server.memory_mib("VmHWM").unwrap_or(0.0);
    drop((look, server));
    database.remove().await?;
    Ok((orders as f64 / seconds, peak))
}
