//! The look at a workbook before a parser opens it: the archive's directory, and every part while it is unpacked and
//! counted. It refuses what would make the parser ask for memory or time without a limit, and collects what the parser
//! does not tell: hidden rows and which sheets hold values.

use super::{
    part_scan::{self, PartFacts},
    sheet_scan::SheetFacts,
    tags::{Budget, Part},
};
use crate::node::DecodeFault;
use std::{collections::BTreeMap, io::Cursor};
use zip::ZipArchive;

/// Bytes of a workbook.
pub const MAX_BYTES: usize = 50 * 1024 * 1024;
/// Parts of a workbook.
pub const MAX_PARTS: usize = 2_000;
/// Bytes of all parts together, unpacked.
pub const MAX_UNPACKED: u64 = 200 * 1024 * 1024;
/// Unpacked bytes for each packed one, in a part larger than 1 MiB.
pub const MAX_RATIO: u64 = 200;
/// First bytes of an OLE container: old workbooks, and new ones under a password.
pub(super) const OLE_MAGIC: [u8; 8] = *b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Looks at the whole workbook; the facts of its sheets come in the workbook's order, `None` for one that is no
/// worksheet.
pub(super) fn look(bytes: &[u8]) -> Result<Vec<Option<SheetFacts>>, DecodeFault> {
    let mut archive = open(bytes)?;
    let mut budget = Budget { left: MAX_UNPACKED, ratio: MAX_RATIO };
    let mut parts = BTreeMap::new();
    for index in 0..archive.len() {
        if archive.by_index_data(index).is_ok_and(|entry| entry.encrypted()) {
            return Err(DecodeFault::fatal("workbook_encrypted"));
        }
        let file = archive.by_index(index).map_err(|error| damaged(&error))?;
        let name = file.name().map_err(|error| damaged(&error))?.into_owned();
        if name.split(['/', '\\']).any(|step| step == "..") || file.is_symlink() {
            return Err(DecodeFault::fatal("part_name").at(name));
        }
        let packed = file.compressed_size().max(1);
        let facts = part_scan::scan(Part::new(file, &name, packed, &mut budget))?;
        let key = name.replace('\\', "/").to_ascii_lowercase();
        if parts.insert(key, facts).is_some() {
            return Err(DecodeFault::fatal("duplicate_part").at(name));
        }
    }
    sheets(parts)
}

/// The archive, its directory found harmless.
fn open(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, DecodeFault> {
    if bytes.len() > MAX_BYTES {
        return Err(DecodeFault::fatal("document_too_large").arg("limit", MAX_BYTES).arg("bytes", bytes.len()));
    }
    if bytes.starts_with(&OLE_MAGIC) {
        let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let is_encrypted = bytes.windows(encrypted.len()).any(|window| window == encrypted);
        return Err(DecodeFault::fatal(if is_encrypted { "workbook_encrypted" } else { "old_workbook" }));
    }
    // Whichever directory the reader picks, it has no more entries than there are entry marks.
    if bytes.windows(4).filter(|window| *window == b"PK\x01\x02").count() > MAX_PARTS {
        return Err(DecodeFault::fatal("too_many_parts").arg("limit", MAX_PARTS));
    }
    let not_a_workbook = |error: zip::result::ZipError| DecodeFault::fatal("not_a_workbook").was(&error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(not_a_workbook)?;
    if archive.has_duplicate_names() {
        return Err(DecodeFault::fatal("duplicate_part"));
    }
    if archive.has_overlapping_entries().map_err(|error| damaged(&error))? {
        return Err(DecodeFault::fatal("overlapping_parts"));
    }
    if archive.decompressed_size().is_some_and(|size| size > u128::from(MAX_UNPACKED)) {
        return Err(DecodeFault::fatal("unpacked_too_large").arg("limit", MAX_UNPACKED));
    }
    Ok(archive)
}

pub(super) fn damaged(error: &dyn std::fmt::Display) -> DecodeFault {
    DecodeFault::fatal("workbook_damaged").was(&error.to_string())
}

/// The facts of each sheet the workbook lists, found the way the parser finds them: package relations, workbook, its
/// relations, parts.
fn sheets(mut parts: BTreeMap<String, PartFacts>) -> Result<Vec<Option<SheetFacts>>, DecodeFault> {
    let missing = || DecodeFault::fatal("not_a_workbook");
    let package = parts.get("_rels/.rels").ok_or_else(missing)?;
    let document = package.relations.iter().rev().find(|relation| relation.kind.ends_with("/officeDocument"));
    let document = document.ok_or_else(missing)?.target.trim_start_matches('/').to_ascii_lowercase();
    let (folder, name) = document.rsplit_once('/').unwrap_or(("", &document));
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let related = format!("{folder}_rels/{name}.rels");
    let fixed = ["sharedStrings.xml", "styles.xml", "theme/theme1.xml"]
        .map(|part| format!("{folder}{}", part.to_ascii_lowercase()));
    if let Some(name) =
        fixed.iter().chain([&related, &document]).find(|name| parts.get(*name).is_some_and(|part| part.wide))
    {
        return Err(DecodeFault::fatal("part_encoding").at(name.as_str()));
    }
    let relations = parts.remove(&related).ok_or_else(missing)?.relations;
    let ids = parts.remove(&document).filter(|part| part.root == b"workbook").ok_or_else(missing)?.sheet_ids;
    let path = |target: &str| match target.strip_prefix('/') {
        Some(absolute) => absolute.to_ascii_lowercase(),
        None => format!("{folder}{}", target.to_ascii_lowercase()),
    };
    let facts = |id: String| {
        let target = &relations.iter().rev().find(|relation| relation.id == id)?.target;
        parts.remove(&path(target)).filter(|part| part.root == b"worksheet").map(|part| part.sheet)
    };
    Ok(ids.into_iter().map(facts).collect())
}
