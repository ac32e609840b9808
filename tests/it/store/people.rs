//! People: found by what they gave us, and forgotten for good.

use super::{
    documents::new,
    world::{NOW, on_each_database},
};
use model::{
    ids::PartyId,
    party::Party,
    said::{Location, Reject},
};
use sea_orm::EntityTrait;
use tributary::store::{
    documents,
    entity::party_marks,
    parties::{self, Known},
    rejects,
};

/// Invented, and unlike anything else in the file.
const NAME: &str = "Quirinius Zzyzwitz";

fn party() -> Party {
    Party {
        name: NAME.into(),
        phones: vec!["+86 138-0000-1234".into()],
        emails: vec!["q@zzyzwitz.example".into()],
        ..Party::default()
    }
}

#[tokio::test]
async fn a_party_is_found_by_phone_name_and_mail() {
    on_each_database(async |world| {
        let id = PartyId::derived(&[b"q"]);
        let tx = world.begin().await;
        parties::insert(&tx, &[(id, party()), (PartyId::derived(&[b"x"]), Party::default())]).await.expect("stored");
        parties::insert(&tx, &[(id, Party::default())]).await.expect("left as it is");
        tx.commit().await.expect("committed");
        let db = world.store.read();
        for text in ["+86 138 0000 1234", NAME, "q@zzyzwitz.example"] {
            assert_eq!(parties::search(db, text).await.expect("read"), [id], "{text}");
        }
        for text in ["", " ", "1380000", "nobody"] {
            assert!(parties::search(db, text).await.expect("read").is_empty(), "{text}");
        }
        assert_eq!(parties::get(db, &[id]).await.expect("read")[&id], Known::Here(Box::new(party())));
    })
    .await;
}

/// An index keeps copies of its keys in pages it has split, and nothing overwrites those: no word of a person may be one.
#[tokio::test]
async fn no_index_has_a_word_of_a_person() {
    use sea_orm::{ConnectionTrait, Statement};
    on_each_database(async |world| {
        let db = world.store.read();
        let sql = if world.file.is_some() {
            "SELECT group_concat(name, ' ') AS columns FROM pragma_table_info('parties')"
        } else {
            "SELECT string_agg(column_name, ' ' ORDER BY ordinal_position) AS columns FROM information_schema.columns \
             WHERE table_name = 'parties' AND table_schema = current_schema()"
        };
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("reads");
        let columns: String = row.expect("a row").try_get("", "columns").expect("text");
        assert_eq!(columns, "id body erased_at");
        if world.file.is_some() {
            let sql = "SELECT count(*) AS n FROM sqlite_master WHERE type = 'index' AND tbl_name = 'parties' AND sql IS NOT NULL";
            let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("reads");
            let n: i64 = row.expect("a row").try_get("", "n").expect("a number");
            assert_eq!(n, 0, "its key is an id; whoever adds an index adds it to ids");
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_erased_is_found_by_nothing_and_comes_back_by_nothing() {
    on_each_database(async |world| {
        let id = PartyId::derived(&[b"q"]);
        let tx = world.begin().await;
        assert!(parties::insert(&tx, &[(id, party())]).await.expect("stored").is_empty());
        parties::erase(&tx, &[id], NOW).await.expect("erased");
        assert_eq!(parties::insert(&tx, &[(id, party())]).await.expect("left as it is"), [id].into());
        tx.commit().await.expect("committed");
        let db = world.store.read();
        assert!(parties::search(db, NAME).await.expect("read").is_empty());
        assert_eq!(party_marks::Entity::find().all(db).await.expect("read"), [], "no mark is left");
    })
    .await;
}

#[tokio::test]
async fn people_of_an_older_program_are_marked_once() {
    on_each_database(async |world| {
        let id = PartyId::derived(&[b"q"]);
        let tx = world.begin().await;
        parties::insert(&tx, &[(id, party())]).await.expect("stored");
        party_marks::Entity::delete_many().exec(&tx).await.expect("as an older program left it");
        tx.commit().await.expect("committed");
        let db = world.store.read();
        assert!(parties::search(db, NAME).await.expect("read").is_empty());
        for _ in 0..2 {
            tributary::store::party_marks::mark_all(&world.store).await.expect("marked");
            assert_eq!(parties::search(db, NAME).await.expect("read"), [id]);
        }
    })
    .await;
}

/// After an erasure the name is nowhere in the SQLite file or beside it, not even in pages no longer used.
#[tokio::test]
async fn an_erased_name_is_nowhere_on_disk() {
    on_each_database(async |world| {
        let id = PartyId::derived(&[b"q"]);
        let noise: String = (0..3000_u64).map(|i| char::from(b'a' + (i * i % 26) as u8)).collect();
        let plain = format!("{{\"name\":\"{NAME}\"}}");
        let large = format!("{plain}{noise}{NAME}");
        let reject = Reject {
            order_key: "1".into(),
            location: Location::default(),
            field: "buyer".into(),
            code: "unknown".into(),
            was: NAME.into(),
            args: model::said::Args::new(),
        };
        let tx = world.begin().await;
        let upload = documents::NewDocument { name: format!("{NAME}.csv"), ..new(2, large.as_bytes()) };
        let stored = documents::insert_new(&tx, vec![new(1, plain.as_bytes()), upload]).await.expect("stored");
        let ids: Vec<_> = stored.iter().map(|s| s.id).collect();
        parties::insert(&tx, &[(id, party())]).await.expect("stored");
        rejects::insert(&tx, ids[0], 1, &[reject], NOW).await.expect("stored");
        tx.commit().await.expect("committed");
        world.store.checkpoint().await.expect("written");
        assert!(world.file.is_none() || on_disk(world).contains(&"t.db".to_owned()), "the test can see it");
        let tx = world.begin().await;
        parties::erase(&tx, &[id], NOW).await.expect("erased");
        documents::forget(&tx, &ids).await.expect("forgotten");
        tx.commit().await.expect("committed");
        world.store.checkpoint().await.expect("written");
        assert_eq!(on_disk(world), Vec::<String>::new());
        let db = world.store.read();
        assert_eq!(parties::get(db, &[id]).await.expect("read")[&id], Known::Erased { at: NOW });
        assert_eq!(documents::bytes(db, ids[0]).await.expect("read"), None);
        let document = documents::by_id(db, ids[1]).await.expect("read").expect("is there");
        assert_eq!((document.state, document.name.as_str()), (documents::DocumentState::Erased, ""));
        assert_eq!(rejects::list(db, ids[0], 0, 9).await.expect("read")[0].reject.was, "");
    })
    .await;
}

/// The files of the SQLite database that hold a part of the name.
fn on_disk(world: &super::world::World) -> Vec<String> {
    let Some(folder) = world.file.as_ref().and_then(|file| file.parent()) else { return vec![] };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("a file");
        let bytes = std::fs::read(entry.path()).expect("readable");
        if ["Quirinius", "Zzyzwitz", "zzyzwitz", "1380000"].iter().any(|part| contains(&bytes, part.as_bytes())) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
