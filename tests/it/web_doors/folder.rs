//! Watched folders: what comes to rest in one is taken, once, and put away.

use super::{
    house::{CONFIG, House},
    wire::Ask,
};
use crate::store::world::urls;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tributary::intake::folder;

fn config(folder: &Path) -> String {
    format!("{CONFIG}\n[channels.store-1.folder]\npath = \"{}\"\nevery_seconds = 1\n", folder.display())
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mappings/pos-cn-csv").join(name)).expect("a fixture")
}

/// Waits for a file to be there.
async fn comes(path: PathBuf) -> Vec<u8> {
    for _ in 0..600 {
        if let Ok(bytes) = fs::read(&path) {
            return bytes;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} never comes; there are {:?}", path.display(), names(path.parent().expect("a folder")));
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    found
}

async fn report(path: PathBuf) -> Value {
    // The file is moved when its report is whole.
    comes(PathBuf::from(path.to_string_lossy().trim_end_matches(".report.json"))).await;
    serde_json::from_slice(&comes(path).await).expect("a report")
}

async fn documents(house: &House) -> usize {
    let key = house.key("reader", None).await;
    let listed = house.ask(Ask::get("/v1/documents?channel=store-1").key(&key)).await.json();
    listed["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn files_are_taken_and_put_away_with_their_reports() {
    urls(async |url: &str| {
        let folder = TempDir::new().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let house = &House::at(url, &config(folder.path())).await;
        fs::create_dir_all(at("sub")).expect("a folder");
        fs::write(at("good.csv"), fixture("good.csv")).expect("written");
        fs::write(at("bad.csv"), fixture("bad.csv")).expect("written");
        fs::write(at("held.csv"), fixture("held.csv")).expect("written");
        fs::write(at("sub/inner.csv"), fixture("good.csv")).expect("written");
        let left = [".hidden.csv", "a.csv.tmp", "b.part", "c.filepart", "~$d.xlsx"];
        for name in left {
            fs::write(at(name), "x").expect("written");
        }
        std::os::unix::fs::symlink("/etc/hostname", at("link.csv")).expect("a link");
        // Two nodes on one database and one folder, where the database allows it.
        let other = house.another(&config(folder.path())).await;
        folder::start(&house.app);
        folder::start(&other.app);

        let good = report(at("done/good.csv.report.json")).await;
        assert_eq!((&good["outcome"], &good["rejects_in_all"]), (&"done".into(), &0.into()), "{good}");
        assert!(good["orders"]["good"].as_u64().is_some_and(|n| n > 0), "{good}");
        let bad = report(at("failed/bad.csv.report.json")).await;
        assert!(bad["orders"]["bad"].as_u64().is_some_and(|n| n > 0), "{bad}");
        let first = &bad["rejects"][0];
        assert!(first["zh"]["title"].is_string() && first["en"]["title"].is_string(), "{first}");
        let held = report(at("failed/held.csv.report.json")).await;
        assert!(held["held"]["code"].is_string(), "{held}");
        assert_eq!(fs::read(at("failed/bad.csv")).expect("the file"), fixture("bad.csv"));

        // The same name again, with other and with the same content.
        fs::write(at("good.csv"), [fixture("good.csv"), b"\n".to_vec()].concat()).expect("written");
        report(at("done/good-2.csv.report.json")).await;
        fs::write(at("good.csv"), fixture("good.csv")).expect("written");
        let again = report(at("done/good-3.csv.report.json")).await;
        assert_eq!((&again["duplicate"], &again["document"]), (&true.into(), &good["document"]));
        assert_eq!(documents(house).await, 4, "each content once, whoever watches");
        assert_eq!(names(&at("sub")), ["inner.csv"]);
        let rest = names(folder.path());
        assert!(left.iter().all(|name| rest.contains(&(*name).to_owned())), "{rest:?}");
        assert!(rest.contains(&"link.csv".to_owned()) && !rest.contains(&"good.csv".to_owned()), "{rest:?}");
        assert_eq!(
            names(&at("failed")),
            ["bad.csv", "bad.csv.mended.xlsx", "bad.csv.report.json", "held.csv", "held.csv.report.json"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_file_that_still_grows_is_left() {
    let whole = fixture("good.csv");
    urls(async |url: &str| {
        let folder = TempDir::new().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let house = &House::at(url, &config(folder.path())).await;
        folder::start(&house.app);
        for part in 1..=8 {
            fs::write(at("day.csv"), &whole[..whole.len() * part / 8]).expect("written");
            tokio::time::sleep(Duration::from_millis(400)).await;
            assert!(part == 8 || names(&at("done")).is_empty(), "taken after part {part}");
        }
        let said = report(at("done/day.csv.report.json")).await;
        assert_eq!(said["rejects_in_all"], 0);
        assert_eq!(comes(at("done/day.csv")).await, whole);
        assert_eq!(documents(house).await, 1, "no half of it was stored");
    })
    .await;
}

#[tokio::test]
async fn a_missing_folder_is_told_and_stops_nobody() {
    urls(async |url: &str| {
        let above = TempDir::new().expect("a folder");
        let folder = above.path().join("later");
        let house = &House::at(url, &config(&folder)).await;
        folder::start(&house.app);
        let told = async |wanted: &str| {
            for _ in 0..600 {
                let health = house.ask(Ask::get("/health/ready")).await;
                assert_eq!(health.status, 200);
                if health.json()["folders"] == wanted {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("health never says {wanted}");
        };
        told("trouble").await;
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("good.csv"), fixture("good.csv")).expect("written");
        told("ok").await;
        report(folder.join("done/good.csv.report.json")).await;
    })
    .await;
}
