//! People are found by marks of their names, phones and mails, no longer by the words themselves: an index keeps copies of its
//! keys in pages it has split, and such a copy outlived the person's erasure. People stored before are marked by the program
//! when it starts; until then they are found by their orders only.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SQL: &str = "
CREATE TABLE party_marks (
  mark {i64} NOT NULL,
  party_id {uuid} NOT NULL,
  PRIMARY KEY (mark, party_id)
){strict}{narrow};
DROP INDEX parties_phone;
DROP INDEX parties_name;
DROP INDEX parties_email;
ALTER TABLE parties DROP COLUMN phone;
ALTER TABLE parties DROP COLUMN name;
ALTER TABLE parties DROP COLUMN email;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::apply(manager, SQL).await
    }
}
