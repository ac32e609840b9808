//! The faults: what each does to a program under load, and what its control breaks so that the campaign must find it.

use super::{
    campaign::{Campaign, Needs},
    database::Kind,
    deeds, disks,
    judge::Verdict,
    node::Broken,
    permutations,
    site::Place,
};
use anyhow::Result;
use std::time::Duration;
use tributary::sandbox::Mode;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Kill,
    Drain,
    Same,
    PostgresCrash,
    PostgresStop,
    TwoNodes,
    PartnerDown,
    LostAnswers,
    Garbage,
    Drip,
    DiskFull,
    NoConnections,
    CommitPoints,
    FsyncError,
    FsyncSlow,
    Permutations,
    Standby,
    PostgresFull,
}

/// What the control must show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shows {
    Lost,
    Doubled,
    Wrong,
    /// Something wrong that is said with this word.
    Said(&'static str),
}

impl Shows {
    pub(crate) fn seen(self, verdict: &Verdict) -> bool {
        match self {
            Self::Lost => verdict.lost > 0,
            Self::Doubled => verdict.doubled > 0,
            Self::Wrong => !verdict.wrong.is_empty(),
            Self::Said(word) => verdict.wrong.iter().any(|said| said.contains(word)),
        }
    }
}

use Fault::*;

pub(crate) const ALL: [(&str, Fault); 18] = [
    ("kill", Kill),
    ("drain", Drain),
    ("same-webhook", Same),
    ("postgres-crash", PostgresCrash),
    ("postgres-stop", PostgresStop),
    ("two-nodes", TwoNodes),
    ("partner-down", PartnerDown),
    ("lost-answers", LostAnswers),
    ("garbage", Garbage),
    ("drip", Drip),
    ("disk-full", DiskFull),
    ("no-connections", NoConnections),
    ("commit-points", CommitPoints),
    ("fsync-error", FsyncError),
    ("fsync-slow", FsyncSlow),
    ("permutations", Permutations),
    ("standby", Standby),
    ("postgres-full", PostgresFull),
];

/// How long things last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) runs: u64,
    /// Of what lasts: a stop, a full disk, a partner's trouble.
    pub(crate) lasts: Duration,
}

/// MiB of the disk that is filled, beside the program's own 16; of PostgreSQL's, beside its own 100.
const DISK_MIB: u32 = 48;
const POSTGRES_MIB: u32 = 192;

impl Fault {
    pub(crate) const fn on(self, kind: Kind) -> bool {
        match self {
            PostgresCrash | PostgresStop | TwoNodes | NoConnections | Standby | PostgresFull => {
                matches!(kind, Kind::Postgres)
            }
            DiskFull => matches!(kind, Kind::Sqlite),
            _ => true,
        }
    }

    /// Done to the private server, which must be ours.
    pub(crate) const fn breaks_postgres(self) -> bool {
        let always = matches!(self, PostgresCrash | PostgresStop | NoConnections | Standby | PostgresFull);
        always || matches!(self, FsyncError | FsyncSlow)
    }

    /// Also when it is to be quick: what partners do and what is told in which sequence is the same on both databases, and
    /// what takes long is for the long form.
    pub(crate) const fn is_quick_on(self, kind: Kind) -> bool {
        match kind {
            Kind::Sqlite => true,
            Kind::Postgres => {
                !matches!(self, PartnerDown | LostAnswers | Garbage | Drip | Permutations | Drain | PostgresStop)
            }
        }
    }

    /// Also when it is to be brief, as one step among others: what loses most when it is wrong.
    pub(crate) const fn is_brief_on(self, kind: Kind) -> bool {
        match kind {
            Kind::Sqlite => matches!(self, Kill | Drain | Same | LostAnswers | DiskFull | CommitPoints | FsyncError),
            Kind::Postgres => matches!(self, Kill | Same | PostgresCrash | TwoNodes),
        }
    }

    /// Its PostgreSQL is its own: it can be broken while others use the common one.
    pub(crate) const fn is_apart(self) -> bool {
        matches!(self, Standby | PostgresFull)
    }

    /// How much of it.
    pub(crate) const fn extent(self, quick: bool) -> Extent {
        let (runs, seconds) = match (self, quick) {
            (Kill, true) => (3, 0),
            (Same, true) => (2, 0),
            (Kill | Same, false) => (50, 0),
            (PostgresStop, false) => (3, 30),
            (PostgresCrash, false) => (20, 0),
            (Permutations, true) => (60, 0),
            (Permutations, false) => (permutations::ALL, 0),
            (CommitPoints, false) => (5, 0),
            (Standby, false) => (5, 0),
            (FsyncSlow, false) => (3, 20),
            (PostgresStop | DiskFull | NoConnections | PostgresFull | FsyncError | FsyncSlow, true) => (1, 3),
            (_, true) => (1, 1),
            (_, false) => (10, 3),
        };
        Extent { runs, lasts: Duration::from_secs(seconds) }
    }

    /// What it needs; with what its control breaks.
    pub(crate) fn needs(self, kind: Kind, control: bool) -> Needs {
        let nodes = if matches!(self, TwoNodes) { 2 } else { 1 };
        let place = match self {
            DiskFull => Place::Disk { mib: DISK_MIB },
            PostgresFull => Place::PostgresDisk { mib: POSTGRES_MIB },
            Standby => Place::Pair { is_synchronous: !control },
            _ => Place::Usual,
        };
        let needs = Needs { nodes, place, files: self == CommitPoints, ..Needs::default() };
        if !control {
            return needs;
        }
        let promise = |promise| Needs { broken: Broken { promise: Some(promise), dies_at: None }, ..needs };
        match self {
            Kill | CommitPoints | FsyncSlow => {
                let dies_at = Some(("intake.before_commit", 8));
                Needs { broken: Broken { promise: Some("ack_before_commit"), dies_at }, files: false, ..needs }
            }
            PostgresCrash | PostgresStop | DiskFull | NoConnections | PostgresFull => promise("ack_before_commit"),
            // On PostgreSQL the promise is its own to keep.
            FsyncError if kind == Kind::Sqlite => promise("forgive_disk"),
            FsyncError => promise("ack_before_commit"),
            Same => promise("take_twice"),
            PartnerDown | Garbage => promise("believe_partners"),
            Permutations => promise("apply_stale"),
            TwoNodes | LostAnswers | Drip => Needs { forgetful: true, ..needs },
            Drain | Standby => needs,
        }
    }

    pub(crate) const fn shows(self, kind: Kind) -> Shows {
        match self {
            FsyncError if matches!(kind, Kind::Sqlite) => Shows::Said("went on"),
            Kill | PostgresCrash | PostgresStop | DiskFull | NoConnections | PartnerDown | Garbage => Shows::Lost,
            CommitPoints | FsyncError | FsyncSlow | Standby | PostgresFull => Shows::Lost,
            Same | TwoNodes | LostAnswers | Drip => Shows::Doubled,
            Permutations => Shows::Said("different ends"),
            Drain => Shows::Wrong,
        }
    }

    /// The control ends with a program that is dead, or that has lost what it knew.
    pub(crate) const fn control_stays_broken(self) -> bool {
        matches!(self, Kill | CommitPoints | FsyncSlow | Standby | Permutations)
    }

    /// Does it, as often as `extent` says. Afterwards nothing is broken any more, but for the controls that stay so.
    pub(crate) async fn inflict(self, to: &mut Campaign, extent: Extent, control: bool) -> Result<()> {
        match self {
            Same => return deeds::same(to, extent).await,
            Permutations => return deeds::permutations(to, extent.runs, control).await,
            Kill | CommitPoints | FsyncSlow if control => return deeds::dies(to).await,
            _ => to.load(),
        }
        for _ in 0..extent.runs {
            to.under_load().await?;
            self.once(to, extent.lasts, control).await?;
        }
        if control && self.control_stays_broken() { Ok(()) } else { to.until_acks(10).await }
    }

    async fn once(self, to: &mut Campaign, lasts: Duration, control: bool) -> Result<()> {
        match self {
            Kill => deeds::kill(to).await,
            Drain => deeds::drain(to, control).await,
            // Away so long that what was acknowledged early is surely given up.
            PostgresCrash if control => deeds::postgres(to, deeds::GIVEN_UP).await,
            PostgresCrash => deeds::postgres(to, Duration::ZERO).await,
            PostgresStop => deeds::postgres(to, lasts).await,
            TwoNodes => deeds::stopped_node(to).await,
            PartnerDown => deeds::partner(to, Mode::Fail, u32::MAX, lasts).await,
            Garbage => deeds::partner(to, Mode::Garbage, u32::MAX, lasts).await,
            LostAnswers => deeds::partner(to, Mode::ApplyAndLose, deeds::BADLY, lasts).await,
            Drip => deeds::partner(to, Mode::Drip, deeds::BADLY, lasts).await,
            DiskFull | PostgresFull => disks::full(to, lasts).await,
            NoConnections => deeds::no_connections(to, lasts).await,
            CommitPoints => deeds::commit_points(to).await,
            FsyncError => disks::fsync_error(to, lasts, control).await,
            FsyncSlow => disks::fsync_slow(to, lasts).await,
            Standby => deeds::standby(to, control).await,
            Same | Permutations => Ok(()),
        }
    }
}
